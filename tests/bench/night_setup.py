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
    job = next(iter(JOBS_BY_ROLE[request["kind"]].values()))
    built = Pipeline(JOBS[job], get_settings()).build()
    return {"rows_added": built.rows_added, "seconds": built.seconds}


def train(request: dict[str, Any]) -> dict[str, Any]:
    """Fit the models of the jobs on the month ends of a history; return the pins by role."""
    import skops.io

    folder = Path(request["folder"])
    in_force = policy.load(POLICY)
    pins = {}
    for role, model in night_models.fitted(request["kind"]).items():
        target = folder / f"{role}.skops"
        skops.io.dump(model, target)
        digest = hashlib.sha256(target.read_bytes()).hexdigest()
        job = JOBS[JOBS_BY_ROLE[request["kind"]][role]]
        pins[role] = asdict(
            Pins(
                {role: asdict(ModelPin(job.model.name, "1", digest, "", ""))},
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
