"""Which deliveries may be admitted: those that stand, and whose gate has looked.

The audit says which gate has looked. What one task hands to the next can be marked, cleared or
left out by hand; a verdict cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from orchestration.steps import Receipt

if TYPE_CHECKING:
    import psycopg

    from scoring.runs.verdicts import Gate


def standing(
    connection: psycopg.Connection[Any], deliveries: Sequence[Receipt]
) -> Sequence[Receipt]:
    """Return the deliveries, received again if a crash of the server took landed rows of them."""
    from features.ingest.lost_deliveries import are_lost
    from orchestration import steps

    ids = [UUID(delivery["delivery_id"]) for delivery in deliveries]
    return steps.ingest() if are_lost(connection, ids) else deliveries


def passed(
    connection: psycopg.Connection[Any], validations: Sequence[Receipt] | None
) -> list[UUID]:
    """Return the deliveries that passed their gate, in the order of receipt.

    Rates come before the rows that need them. A delivery that a person has released needs no
    verdict, and one of a feed without a gate has none. Where a crash of the server has taken landed
    rows, the files are received and looked at again.

    Args:
        connection: of role `ingest`.
        validations: what `validate_raw` has left; None where the task did not run.

    Raises:
        ContractError: there is nothing from `validate_raw`, or a delivery that it calls passed has
            no such verdict in the audit.
    """
    from features.ingest.lost_deliveries import are_lost
    from features.platform.errors import ContractError
    from orchestration import gates, steps

    if validations is None:
        raise ContractError(
            "the task `validate_raw` has left nothing, so nobody has looked at what was delivered; "
            "nothing was admitted; next: clear `validate_raw` and everything after it"
        )
    found = _called_passed(validations)
    if are_lost(connection, found):
        found = _called_passed(gates.validate_raw(steps.ingest()))
    _require_verdicts(found)
    return found


def _called_passed(validations: Sequence[Receipt]) -> list[UUID]:
    return [UUID(found["subject"]) for found in validations if found["verdict"] != "failed"]


def _require_verdicts(delivery_ids: Sequence[UUID]) -> None:
    import psycopg

    from features.platform.errors import ContractError
    from features.platform.settings import get_settings
    from scoring.runs import verdicts

    with psycopg.connect(get_settings().warehouse.conninfo("score"), autocommit=True) as connection:
        found = verdicts.missing(connection, _gates(connection, delivery_ids))
    if found:
        raise ContractError(
            f"deliveries have not passed their gates: {'; '.join(found)}. Nothing was admitted "
            "(audit.validation_results holds the verdicts); next: clear `validate_raw` and "
            "everything after it"
        )


def _gates(connection: psycopg.Connection[Any], delivery_ids: Sequence[UUID]) -> list[Gate]:
    """Return the gates of the deliveries that wait to be admitted."""
    from expectations import suites
    from features.ingest import deliveries
    from scoring.runs.verdicts import Gate

    waiting = connection.execute(
        "select feed, delivery_id::text, landed_table, "
        "rows_in_file - rows_rejected - rows_duplicate from raw.deliveries "
        "where delivery_id = any(%s) and state = 'parsed' "
        "and not coalesce(starts_with(reason, %s), false)",
        (list(delivery_ids), deliveries.RELEASED),
    )
    return [
        Gate(f"raw.{feed}", subject, table, rows)
        for feed, subject, table, rows in waiting
        if feed not in suites.CLOSED
    ]
