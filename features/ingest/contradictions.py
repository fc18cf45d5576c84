"""Reject applications whose values contradict each other; pure, by whole columns."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from features.ingest.reasons import RowReason
from features.ingest.times import mask_of
from features.ingest.verdicts import Verdicts


def reject(typed: Mapping[str, pa.Array], verdicts: Verdicts, time_zone: str | None) -> None:
    """Reject applications with a contradiction; a null contradicts no value.

    Args:
        typed: columns by target name; null in a rejected row.
        verdicts: receives each contradiction, under the canonical name of one of the two columns.
        time_zone: of the source; it determines the day of an application.
    """
    applied_at = typed["applied_at"]
    if time_zone is not None:
        applied_at = pc.cast(applied_at, pa.timestamp("us", time_zone))
    applied_on = pc.cast(pc.local_timestamp(applied_at), pa.date32(), safe=False)
    for first, second, reason, column in (
        (
            typed["first_credit_date"],
            applied_on,
            RowReason.CREDIT_LINE_AFTER_APPLICATION,
            "earliest_cr_line",
        ),
        (
            typed["fico_low"],
            typed["fico_high"],
            RowReason.LOW_SCORE_ABOVE_HIGH,
            "fico_range_low",
        ),
        (
            typed["open_account_count"],
            typed["total_account_count"],
            RowReason.MORE_OPEN_THAN_ALL_ACCOUNTS,
            "open_acc",
        ),
    ):
        verdicts.reject(mask_of(pc.greater(first, second)), reason, column)
