"""Prepare a template of shops in a process of its own: install, build the books, fit the models."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from features.build import install as install_models
from features.platform import code_version
from features.platform.settings import get_settings
from features.sources import descriptions
from features.views import CUSTOMER_NIGHTS
from scoring.decision.policy import activations, policy
from scoring.domains import JOBS
from scoring.runs.pins import ModelPin, Pins
from scoring.steps.pipeline import Pipeline
from tests.bench.setup import POLICY


def install(_: dict[str, Any]) -> dict[str, Any]:
    """Build the empty models and put the policy in force."""
    settings = get_settings()
    described = descriptions.load(settings.sources)
    install_models(settings.warehouse, settings.work, described.dbt_variables("USD"))
    with psycopg.connect(settings.warehouse.conninfo("score"), autocommit=True) as connection:
        activations.activate(connection, POLICY, author="ann", approver="ben", reason="bench")
    return {}


def build(_: dict[str, Any]) -> dict[str, Any]:
    """Build the books, and the features of the nights that have none."""
    built = Pipeline(JOBS["segment_customers"], get_settings()).build()
    return {"rows_added": built.rows_added, "seconds": built.seconds}


def train(request: dict[str, Any]) -> dict[str, Any]:
    """Fit the models of both jobs on the month ends of a history; return the pins by role."""
    import skops.io

    folder = Path(request["folder"])
    segments, value = _fitted()
    pins = {}
    for role, name, model in (
        ("segments", "customer_segments", segments),
        ("value", "customer_value", value),
    ):
        target = folder / f"{role}.skops"
        skops.io.dump(model, target)
        digest = hashlib.sha256(target.read_bytes()).hexdigest()
        in_force = policy.load(POLICY)
        pins[role] = asdict(
            Pins(
                {role: asdict(ModelPin(name, "1", digest, "", ""))},
                in_force.version,
                in_force.sha256,
                CUSTOMER_NIGHTS.qualified,
                code_version.pinned("bench"),
                "0" * 64,
            )
        )
    return pins


def _fitted() -> tuple[Any, Any]:
    from scoring.segments.fitting import fit_all
    from scoring.segments.points import FEATURES
    from scoring.value import training_set
    from scoring.value.model import CustomerValueModel

    now = datetime.now(UTC)
    with psycopg.connect(get_settings().warehouse.conninfo("score")) as connection:
        rows = training_set.read(
            connection, CUSTOMER_NIGHTS, start=datetime(2000, 1, 1, tzinfo=UTC), end=now, as_of=now
        )
    newest = rows.newest()
    names = list(rows.features)
    places = [names.index(name) for name in FEATURES]
    by_merchant = {
        merchant: newest.of_merchant(merchant).matrix[:, places] for merchant in newest.merchants
    }
    segments, _ = fit_all(by_merchant, str(np.datetime64(int(newest.day[0]), "D")), resamples=2)
    used = [
        name
        for place, name in enumerate(names)
        if len(np.unique(rows.matrix[~np.isnan(rows.matrix[:, place]), place])) > 1
    ]
    value = CustomerValueModel(used).fit(rows.select(used), {})
    return segments, value


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    step = {"install": install, "build": build, "train": train}[asked.pop("step")]
    sys.stdout.write(json.dumps(step(asked)) + "\n")
