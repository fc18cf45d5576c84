"""Says how long a challenger has been in shadow, and on how many rows.

A shadow has a least duration and a least number of rows before a promotion, and an end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from features.platform import database
from scoring.runs.pins import ModelPin


@dataclass(frozen=True, slots=True)
class Standing:
    """The shadow of one challenger so far.

    Attributes:
        days: UTC days of the events that it has decided; each day counts once.
        rows: the rows that it has decided, without those that its model gave no answer for.
        failures: runs that it has not decided, or not to the end.
        began_at: the moment of its first shadow; None before it.
    """

    days: int
    rows: int
    failures: int
    began_at: datetime | None

    def shortfall(self, shortest_days: int, fewest_rows: int) -> str | None:
        """Return what is missing before a promotion, or None.

        Args:
            shortest_days: the least number of days.
            fewest_rows: the least number of rows.
        """
        missing = [
            f"{least - have:,} of {least:,} {unit}"
            for have, least, unit in (
                (self.days, shortest_days, "days"),
                (self.rows, fewest_rows, "rows"),
            )
            if have < least
        ]
        return f"its shadow lacks {' and '.join(missing)}" if missing else None

    def ends_at(self, longest_days: int) -> datetime | None:
        """Return the moment at which its shadow expires; None before its first shadow."""
        return self.began_at + timedelta(days=longest_days) if self.began_at else None

    def has_expired(self, longest_days: int, now: datetime) -> bool:
        """Return whether its shadow has lasted longer than `longest_days`."""
        end = self.ends_at(longest_days)
        return end is not None and now >= end


def of(connection: psycopg.Connection[Any], pin: ModelPin) -> Standing:
    """Read the standing of a challenger.

    Args:
        connection: of role `score`.
        pin: the challenger; model, version and SHA-256 count.
    """
    days, rows, failures, began_at = database.fetch_one(
        connection,
        f"read the standing of {pin}",
        "select "
        "count(distinct (decided.event_time at time zone 'UTC')::date), count(decided.shadow_id), "
        "(select count(*) from decisions.shadow_runs where model = %(model)s "
        "and version = %(version)s and sha256 = %(sha256)s and state = 'failed'), "
        "(select min(claimed_at) from decisions.shadow_runs where model = %(model)s "
        "and version = %(version)s and sha256 = %(sha256)s) "
        "from decisions.shadow_runs as shadows "
        "inner join decisions.shadow_decisions as decided using (shadow_id) "
        "where shadows.model = %(model)s and shadows.version = %(version)s "
        "and shadows.sha256 = %(sha256)s and decided.status = 'ok'",
        {"model": pin.name, "version": pin.version, "sha256": pin.sha256},
    )
    return Standing(days, rows, failures, began_at)
