"""Records every model that a training has registered, and reads what a model has learnt from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from features.platform import database
from scoring.runs.pins import ModelPin

_INSERT = """
insert into audit.challengers (
    job, model, version, sha256, run_id, trainer, feature_view, data_sha256, training_start,
    training_end, label_as_of, sources, code_version, metrics, alias
)
values (
    %(job)s, %(model)s, %(version)s, %(sha256)s, %(run_id)s, %(trainer)s, %(feature_view)s,
    %(data_sha256)s, %(training_start)s, %(training_end)s, %(label_as_of)s, %(sources)s,
    %(code_version)s, %(metrics)s, %(alias)s
)
-- a registry that was made anew counts its versions from 1 again
on conflict (model, version, sha256) do nothing
returning challenger_id
"""
_FIND = """
select job, trainer, feature_view, training_end, label_as_of, trained_at
from audit.challengers
where model = %(model)s and version = %(version)s and sha256 = %(sha256)s
"""
_IS_YOUNGER = """
select coalesce(greatest(
    max(trained_at),
    (
        select max(decisions.decided_at)
        from audit.model_decisions as decisions
        where
            decisions.model = %(model)s
            and decisions.version = %(version)s
            and decisions.action = 'extend'
    )
) > clock_timestamp() - %(age)s, false)
from audit.challengers
where model = %(model)s and version = %(version)s
"""
_TEXTS = ("feature_view", "data_sha256", "sources", "code_version")
_MOMENTS = ("training_start", "training_end", "label_as_of")


@dataclass(frozen=True, slots=True)
class Challenger:
    """The training of one registered version.

    Attributes:
        job: the job of the model.
        trainer: the person who asked for it, or `schedule`.
        feature_view: with its version, such as `transactions@2`.
        training_end: the moment of the newest row that it learnt from; None: not stated.
        label_as_of: later labels were ignored; None: not stated.
        trained_at: by the clock of the warehouse.
    """

    job: str
    trainer: str
    feature_view: str
    training_end: datetime | None
    label_as_of: datetime | None
    trained_at: datetime


def record(  # noqa: PLR0913 - the facts of one training, by name
    connection: psycopg.Connection[Any],
    pin: ModelPin,
    *,
    job: str,
    trainer: str,
    alias: str,
    tags: Mapping[str, str],
    metrics: Mapping[str, float],
) -> UUID | None:
    """Record a registered version; the same file under the same version is recorded once.

    Args:
        connection: of role `score`.
        pin: the version.
        job: the name of its job.
        trainer: the person who asked for the training, or `schedule`.
        alias: the alias that the training gives; empty if none.
        tags: of the registered version: feature view, digest, period and the like.
        metrics: by name; a number that is not finite is stored as null.

    Returns:
        The id of the record, for its seal; None if there was one.
    """
    facts = {
        "job": job,
        "model": pin.name,
        "version": pin.version,
        "sha256": pin.sha256,
        "run_id": pin.run_id,
        "trainer": trainer,
        "alias": alias,
        "metrics": Jsonb(
            {name: value if math.isfinite(value) else None for name, value in metrics.items()}
        ),
        **{name: tags.get(name, "") for name in _TEXTS},
        **{name: moment_of(tags.get(name)) for name in _MOMENTS},
    }
    with database.named(f"record the training of {pin}"):
        row = connection.execute(_INSERT, facts).fetchone()
    return None if row is None else UUID(str(row[0]))


def find(connection: psycopg.Connection[Any], pin: ModelPin) -> Challenger | None:
    """Return the training of a version, or None if no training of this warehouse made it."""
    row = database.fetch_optional(
        connection,
        f"read the training of {pin}",
        _FIND,
        {"model": pin.name, "version": pin.version, "sha256": pin.sha256},
    )
    return None if row is None else Challenger(*row)


def is_younger(
    connection: psycopg.Connection[Any], model: str, version: str, age: timedelta
) -> bool:
    """Return whether a version was trained here less than a time ago, by the warehouse's clock.

    A person who extends its shadow starts the time again.
    """
    row = database.fetch_one(
        connection,
        f"read the age of {model} version {version}",
        _IS_YOUNGER,
        {"model": model, "version": version, "age": age},
    )
    return bool(row[0])


def of_tags(job: str, tags: Mapping[str, str]) -> Challenger:
    """Return what the tags of a version say of its training, for a version without a record.

    Args:
        job: the job of the model.
        tags: of the version; anybody with the registry may change them.
    """
    return Challenger(
        job,
        "",
        tags.get("feature_view", ""),
        moment_of(tags.get("training_end")),
        moment_of(tags.get("label_as_of")),
        datetime.fromtimestamp(0, UTC),
    )


def moment_of(text: str | None) -> datetime | None:
    """Return the moment of a tag; a day, or a moment without a zone, is of UTC."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
