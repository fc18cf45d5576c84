"""Which deliveries may be admitted: those whose gate has looked, as the audit says.

What one task hands to the next can be marked, cleared or left out by hand; a verdict cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from orchestration.steps import Receipt


def passed(validations: Sequence[Receipt] | None) -> list[UUID]:
    """Return the deliveries that passed their gate, in the order of receipt.

    Rates come before the rows that need them. A delivery that a person has released needs no
    verdict, and one of a feed without a gate has none.

    Args:
        validations: what `validate_raw` has left; None where the task did not run.

    Raises:
        ContractError: there is nothing from `validate_raw`, or a delivery that it calls passed has
            no such verdict in the audit.
    """
    import psycopg

    from features.errors import ContractError
    from scoring import gates
    from scoring.settings import get_settings

    if validations is None:
        raise ContractError(
            "the task `validate_raw` has left nothing, so nobody has looked at what was delivered; "
            "nothing was admitted; next: clear `validate_raw` and everything after it"
        )
    subjects = [found["subject"] for found in validations if found["verdict"] != "failed"]
    with psycopg.connect(get_settings().warehouse.conninfo("score"), autocommit=True) as connection:
        found = gates.missing(connection, _gates(connection, subjects))
    if found:
        raise ContractError(
            f"deliveries have not passed their gates: {'; '.join(found)}. Nothing was admitted "
            "(audit.validation_results holds the verdicts); next: clear `validate_raw` and "
            "everything after it"
        )
    return [UUID(subject) for subject in subjects]


def _gates(connection: Any, subjects: Sequence[str]) -> list[Any]:  # noqa: ANN401 - not loaded here
    """Return the gates of the deliveries that wait to be admitted."""
    from expectations import suites
    from features.ingest import deliveries
    from scoring.gates import Gate

    waiting = connection.execute(
        "select feed, delivery_id::text, landed_table, "
        "rows_in_file - rows_rejected - rows_duplicate from raw.deliveries "
        "where delivery_id = any(%s::uuid[]) and state = 'parsed' "
        "and not coalesce(starts_with(reason, %s), false)",
        (list(subjects), deliveries.RELEASED),
    )
    return [
        Gate(f"raw.{feed}", subject, table, rows)
        for feed, subject, table, rows in waiting
        if feed not in suites.CLOSED
    ]
