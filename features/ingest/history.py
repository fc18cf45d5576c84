"""Until when history may be loaded: as long as nothing was decided from what it would change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from features.canonical import ADMISSION
from features.ingest.receipts import DeliveryReceipt
from features.ingest.refusals import HistoryRefusedError

_OF_APPLICATIONS = ("applications", "application_labels", "applicant_attributes")
#: Who can read a feed, and so has seen the past that a history load would change.
_JOBS: Mapping[str, tuple[str, ...]] = {
    feed: ("score_applications",)
    if feed in _OF_APPLICATIONS
    else ("score_transactions", "score_applications")
    for feed in ADMISSION
}
_FEATURES: Mapping[str, tuple[str, ...]] = {
    feed: tuple(job.replace("score_", "marts.feat_") for job in jobs)
    for feed, jobs in _JOBS.items()
}


def check(connection: psycopg.Connection[Any], delivery: DeliveryReceipt) -> None:
    """Refuse a history load where it would change a past that was used.

    Raises:
        HistoryRefusedError: features were built or decisions published from this warehouse.
    """
    used = ""
    row = connection.execute(
        "select exists (select from decisions.runs where state = 'published' and job = any(%s))",
        (list(_JOBS[delivery.feed]),),
    ).fetchone()
    if row and row[0]:
        used = "decisions were published"
    elif any(_has_rows(connection, table) for table in _FEATURES[delivery.feed]):
        used = "features were built"
    if used:
        raise HistoryRefusedError(
            f"{delivery.object_name} is a history load of {delivery.feed}, but {used} from this "
            "warehouse: it would change the past that they saw. Deliver the rows as a live file, "
            "or load the history into a fresh warehouse"
        )


def _has_rows(connection: psycopg.Connection[Any], table: str) -> bool:
    stands = connection.execute("select to_regclass(%s) is not null", (table,)).fetchone()
    if not stands or not stands[0]:
        return False
    query = sql.SQL("select exists (select from {})").format(sql.Identifier(*table.split(".")))
    return bool((connection.execute(query).fetchone() or [False])[0])
