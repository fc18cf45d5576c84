"""Register versions without a training, and give them what a promotion rests on."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import mlflow
import psycopg
import yaml
from mlflow import MlflowClient
from psycopg.types.json import Jsonb

from features.platform import seals
from features.platform.settings import Settings
from scoring.models import challengers, model_files
from scoring.models.registry_client import DIGEST_TAG
from scoring.promotion import decisions
from scoring.runs.pins import MODEL_FILE, ModelPin

_FLAVORS = {
    "python_function": {"loader_module": "mlflow.sklearn", "model_path": MODEL_FILE},
    "sklearn": {"pickled_model": MODEL_FILE, "serialization_format": "skops", "code": None},
}

#: What the records of trainings say.
TRAINING = {
    "feature_view": "transactions@2",
    "training_end": "2026-01-01T00:00:00+00:00",
    "label_as_of": "2026-01-08T00:00:00+00:00",
}


def register(
    settings: Settings, content: bytes, *, model: str = "fraud_transactions", alias: str = ""
) -> ModelPin:
    """Register a model file as MLflow would, within milliseconds.

    Args:
        settings: access to the registry.
        content: of the model file; nothing loads it here.
        model: the registered model.
        alias: of the version, if it gets one.
    """
    address = settings.registry.tracking_uri
    source, run_id, digest = _logged(address, model, content)
    client = MlflowClient(address)
    if not client.search_registered_models(f"name = '{model}'"):
        client.create_registered_model(model)
    version = client.create_model_version(model, source, run_id, {DIGEST_TAG: digest})
    if alias:
        client.set_registered_model_alias(model, alias, version.version)
    return ModelPin(model, str(version.version), digest, run_id, version.source)


@cache
def _logged(address: str, model: str, content: bytes) -> tuple[str, str, str]:
    """Log a model's folder once; return its source, its run and the digest of its file."""
    mlflow.set_tracking_uri(address)
    mlflow.set_experiment(model)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / MODEL_FILE).write_bytes(content)
        (folder / "MLmodel").write_text(yaml.safe_dump({"flavors": _FLAVORS}))
        digest = model_files.digest_of(folder / MODEL_FILE)
        with mlflow.start_run() as run:
            mlflow.log_artifacts(name, "model")
    return f"{run.info.artifact_uri}/model", run.info.run_id, digest


def record_training(
    connection: psycopg.Connection[Any],
    pin: ModelPin,
    trainer: str,
    alias: str = "challenger",
    tags: Mapping[str, str] = TRAINING,
) -> None:
    """Record that a person trained a version."""
    recorded = challengers.record(
        connection,
        pin,
        job="score_transactions",
        trainer=trainer,
        alias=alias,
        tags=tags,
        metrics={},
    )
    if recorded is not None:
        seals.seal(connection, "training", recorded)


def record_gate(
    connection: psycopg.Connection[Any],
    champion: ModelPin,
    challenger: ModelPin,
    verdict: str = "better",
    verdict_sha256: str = "d" * 64,
) -> None:
    """Record a gate of four weeks, after the model's last one."""
    (last,) = connection.execute(
        "select max(window_end) from audit.model_gates where model = %s", (champion.name,)
    ).fetchone() or (None,)
    start = last or datetime(2026, 1, 5, tzinfo=UTC)
    end = start + timedelta(weeks=4)
    gate_id = uuid4()
    values = {
        "gate_id": gate_id,
        "job": "score_transactions",
        "model": champion.name,
        "champion_version": champion.version,
        "champion_sha256": champion.sha256,
        "challenger_version": challenger.version,
        "challenger_sha256": challenger.sha256,
        "plan_sha256": "e" * 64,
        "feature_view": "transactions@2",
        "used_until": last,
        "window_start": start,
        "window_end": end,
        "label_as_of": end,
        "weeks": 4,
        "rows": 1_000,
        "events": 100,
        "customers": 500,
        "effective_rows": 1_000.0,
        "verdict": verdict,
        "tests": Jsonb({}),
        "verdict_sha256": verdict_sha256,
        "requested_by": "schedule",
    }
    columns, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
    connection.execute(f"insert into audit.model_gates ({columns}) values ({places})", values)
    seals.seal(connection, "model gate", gate_id)


def record_shadow(
    connection: psycopg.Connection[Any], pin: ModelPin, run_id: UUID, *, days: int, rows: int
) -> None:
    """Record that a challenger has decided rows of some days in shadow, beside a published run."""
    (shadow_id,) = connection.execute(
        "insert into decisions.shadow_runs (run_id, job, model, version, sha256, rows_published) "
        "values (%s, 'score_transactions', %s, %s, %s, %s) returning shadow_id",
        (run_id, pin.name, pin.version, pin.sha256, rows),
    ).fetchone() or (None,)
    connection.execute(
        "insert into decisions.shadow_decisions (shadow_id, subject_id, revision, event_time, "
        "status, reasons) select %s, number, 0, timestamptz '2026-01-01 12:00Z' "
        "+ number %% %s * interval '1 day', 'ok', '[]' from generate_series(1, %s) as number",
        (shadow_id, days, rows),
    )


def put_in_force(pin: ModelPin, settings: Settings, person: str = "risk officer") -> None:
    """Put a version in force, as a person does who cannot wait for a gate."""
    decisions.override(
        pin.name,
        pin.version,
        person=person,
        reason="the test needs this version",
        expires_at=datetime.now(UTC) + timedelta(days=30),
        settings=settings,
    )
