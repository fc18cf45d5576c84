"""Query the warehouse for the demo: published windows, and the policy in force."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg

from infra.local.health import cluster
from infra.local.state import State


def connect(state: State, role: str) -> psycopg.Connection[Any]:
    """Open a connection to the warehouse as one of its login roles."""
    return psycopg.connect(
        host="127.0.0.1",
        port=state.ports()["postgres"],
        dbname="warehouse",
        user=role,
        password=state.secrets[role],
    )


def as_analyst(state: State, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Run a query as role analyst; return its column names and at most 1,000 rows."""
    with connect(state, "analyst") as connection:
        cursor = connection.execute(query.encode())
        rows = cursor.fetchmany(1000) if cursor.description else []
        return [column.name for column in cursor.description or ()], rows


def published_windows(state: State, job: str) -> set[tuple[datetime, datetime]]:
    """Return the windows of a job whose run is published."""
    rows = _facts(
        state,
        "select window_start, window_end from decisions.runs "
        "where job = %s and state = 'published'",
        job,
    )
    return {(start.astimezone(UTC), end.astimezone(UTC)) for start, end in rows}


def has_price_estimates(state: State) -> bool:
    """Return whether the prices of a merchant have been estimated."""
    rows = _facts(state, "select exists (select from decisions.price_estimates)")
    return bool(rows[0][0])


def newest_gate(state: State, model: str) -> dict[str, Any] | None:
    """Return the newest comparison of a challenger of a model, with its tests, or None."""
    rows = _facts(
        state,
        "select to_jsonb(model_gates) from audit.model_gates where model = %s "
        "order by gated_at desc limit 1",
        model,
    )
    return dict(rows[0][0]) if rows else None


def policy_in_force(state: State) -> tuple[str, str] | None:
    """Return the version and SHA-256 of the policy in force."""
    rows = _facts(
        state,
        "select policy_version, policy_sha256 from audit.policy_activations "
        "where effective_from <= clock_timestamp() "
        "order by effective_from desc, activated_at desc limit 1",
    )
    return (rows[0][0], rows[0][1]) if rows else None


def _facts(state: State, query: str, *values: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(cluster(state).conninfo("warehouse")) as connection:
        return connection.execute(query.encode(), values).fetchall()
