"""Check that a history load does not change data that features or decisions have used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

from features.canonical import ADMISSION
from features.ingest import tables
from features.ingest.receipts import DeliveryReceipt
from features.ingest.refusals import HistoryRefusedError

_OF_APPLICATIONS = ("applications", "application_labels", "applicant_attributes")
#: The jobs that read a feed; a load of its history would change data that they have used.
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
    """Refuse a history load if it would change data that was used.

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
    elif any(tables.holds_rows(connection, table) for table in _FEATURES[delivery.feed]):
        used = "features were built"
    if used:
        raise HistoryRefusedError(
            f"{delivery.object_name} is a history load of {delivery.feed}, but {used} from this "
            "warehouse: it would change the data that they were made from. Deliver the rows as a "
            "live file, or load the history into a fresh warehouse"
        )
