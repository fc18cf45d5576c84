"""Prepare a template of nights in a process of its own: install, build the books, fit models."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from features.platform import code_version
from features.platform.settings import get_settings
from scoring.decision.policy import policy
from scoring.domains import JOBS
from scoring.runs.pins import ModelPin, Pins
from scoring.steps.pipeline import Pipeline
from tests.bench import night_models
from tests.bench.nights import JOBS_BY_ROLE
from tests.bench.setup import POLICY, install


def build(request: dict[str, Any]) -> dict[str, Any]:
    """Build the books, and the features of the nights that have none."""
    built = [
        Pipeline(JOBS[job], get_settings()).build()
        for job in JOBS_BY_ROLE[request["kind"]].values()
    ]
    return {
        "rows_added": sum(one.rows_added for one in built),
        "seconds": sum(one.seconds for one in built),
    }


def train(request: dict[str, Any]) -> dict[str, Any]:
    """Fit the models of the jobs on the month ends of a history; return the pins by role."""
    import skops.io

    folder = Path(request["folder"])
    in_force = policy.load(POLICY)
    fitted = night_models.fitted(request["kind"])
    pins = {}
    for role, name in JOBS_BY_ROLE[request["kind"]].items():
        job, models = JOBS[name], {}
        if job.model is not None:
            target = folder / f"{role}.skops"
            skops.io.dump(fitted[role], target)
            digest = hashlib.sha256(target.read_bytes()).hexdigest()
            models = {role: asdict(ModelPin(job.model.name, "1", digest, "", ""))}
        pins[role] = asdict(
            Pins(
                models,
                in_force.version,
                in_force.sha256,
                job.view.qualified,
                code_version.pinned("bench"),
                "0" * 64,
            )
        )
    return pins


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    step = {"install": install, "build": build, "train": train}[asked["step"]]
    sys.stdout.write(json.dumps(step(asked)) + "\n")
