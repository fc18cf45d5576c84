"""Prepare a template in a process of its own: install, build the books, train the model."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow.compute as pc

from features.build import install as install_models
from features.platform import code_version, readers
from features.platform.settings import get_settings
from features.sources import descriptions
from scoring.decision.policy import activations, policy
from scoring.domains import SCORE_TRANSACTIONS
from scoring.fraud.decider import INPUT_TYPES
from scoring.steps.pipeline import Pipeline

POLICY = "2026.12.2"
#: A share of the training rows; a fraud service reviews and declines about one row in a hundred.
FRAUD_SHARE = 0.01


def install(_: dict[str, Any]) -> dict[str, Any]:
    """Build the empty models and put the policy in force."""
    settings = get_settings()
    described = descriptions.load(settings.sources)
    install_models(settings.warehouse, settings.work, described.dbt_variables("USD"))
    with psycopg.connect(settings.warehouse.conninfo("score"), autocommit=True) as connection:
        activations.activate(connection, POLICY, author="ann", approver="ben", reason="bench")
    return {}


def build(_: dict[str, Any]) -> dict[str, Any]:
    """Build the features and the books."""
    built = _pipeline().build()
    return {"rows_added": built.rows_added, "seconds": built.seconds}


def _pipeline() -> Pipeline:
    return Pipeline(SCORE_TRANSACTIONS, get_settings())


def train(request: dict[str, Any]) -> dict[str, Any]:
    """Ingest an hour, build its features, fit the product's model on them; return the pins."""
    import skops.io
    from psycopg import sql

    from features.views import TRANSACTIONS
    from scoring.fraud.decider import input_columns
    from scoring.fraud.model import FraudModel
    from scoring.runs.pins import ModelPin, Pins

    pipeline = _pipeline()
    pipeline.admit(pipeline.validate_raw(pipeline.ingest()))
    pipeline.build()
    settings = get_settings()
    query = sql.SQL(
        "select {} from (select features.*, 0 as revision from marts.feat_transactions as features "
        "order by occurred_at, transaction_id) as features"
    ).format(input_columns())
    with psycopg.connect(settings.warehouse.conninfo("score"), autocommit=True) as connection:
        rows = readers.read(connection, query, INPUT_TYPES)
    # an hour without history has no whole days: the model cannot learn from a column without values
    names = [
        name for name in TRANSACTIONS.columns if pc.count_distinct(rows[name], "only_valid").as_py()
    ]
    matrix = np.column_stack([rows[name].to_numpy() for name in names])
    amount = matrix[:, names.index("amount")]
    draw = np.random.default_rng(1)
    is_fraud = amount * draw.lognormal(0, 0.7, len(amount)) > np.quantile(amount, 1 - FRAUD_SHARE)
    label_free = [feature.name for feature in TRANSACTIONS.label_free if feature.name in names]
    model = FraudModel(names, label_free)
    model.fit(matrix, is_fraud)
    target = Path(request["model"])
    skops.io.dump(model, target)
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    in_force = policy.load(POLICY)
    pin = asdict(ModelPin("fraud_transactions", "1", digest, "", ""))
    return asdict(
        Pins(
            {"fraud": pin},
            in_force.version,
            in_force.sha256,
            TRANSACTIONS.qualified,
            code_version.pinned("bench"),
            "0" * 64,
        )
    )


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    told = {"install": install, "build": build, "train": train}[asked["step"]](asked)
    sys.stdout.write(json.dumps(told, default=str))
