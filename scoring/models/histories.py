"""Read what the warehouse has recorded about a model: trainings, gates, validations, decisions.

Each register is append-only, so it also holds the challengers that never became champion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg.rows import class_row

from features.platform import database
from scoring.models.history import (
    Decision,
    GateResult,
    History,
    Sighting,
    Training,
    Validation,
)

Row = TypeVar("Row")
#: Rows of a register that a page shows, the newest ones.
MOST = 200


_TRAININGS = """
select
    version, sha256, run_id, trainer, trained_at, alias, feature_view, data_sha256, training_start,
    training_end, label_as_of, code_version, metrics
from audit.challengers
where model = %(model)s
order by trained_at desc
limit %(most)s
"""
_GATES = """
select
    champion_version, challenger_version, verdict, weeks, rows, events, window_start, window_end,
    requested_by, gated_at
from audit.model_gates
where model = %(model)s
order by gated_at desc
limit %(most)s
"""
_VALIDATIONS = """
select version, sha256, validator, is_valid, reason, validated_at
from audit.model_validations
where model = %(model)s
order by validated_at desc
limit %(most)s
"""
_DECISIONS = """
select action, version, replaces_version, person, reason, source, expires_at, decided_at
from audit.model_decisions
where model = %(model)s
order by decision_seq desc
limit %(most)s
"""
_SIGHTINGS = """
select version, champion_version, is_effective, actor, reason, first_seen_at
from audit.champion_sightings
where model = %(model)s
order by sighting_seq desc
limit %(most)s
"""


def read(connection: psycopg.Connection[Any], model: str, most: int = MOST) -> History:
    """Return the registers of a model.

    Args:
        connection: of role `score`.
        model: the registered name.
        most: rows of each register, the newest ones.

    Raises:
        StatementError: Postgres refuses a query.
        WarehouseUnavailableError: the server went away.
    """
    values = {"model": model, "most": most}
    return History(
        model,
        trainings=_all(connection, Training, _TRAININGS, values),
        gates=_all(connection, GateResult, _GATES, values),
        validations=_all(connection, Validation, _VALIDATIONS, values),
        decisions=_all(connection, Decision, _DECISIONS, values),
        sightings=_all(connection, Sighting, _SIGHTINGS, values),
    )


def _all(
    connection: psycopg.Connection[Any],
    kind: type[Row],
    query: LiteralString,
    values: Mapping[str, object],
) -> list[Row]:
    session = connection.cursor(row_factory=class_row(kind))
    return database.fetch_all(session, f"read the register of {kind.__name__}", query, values)
