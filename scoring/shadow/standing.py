"""Says how long a challenger has been in shadow, and on how many rows.

A shadow has a least duration and a least number of rows before a promotion, and an end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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
    """

    days: int
    rows: int
    failures: int

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


def of(connection: psycopg.Connection[Any], pin: ModelPin) -> Standing:
    """Read the standing of a challenger.

    Args:
        connection: of role `score`.
        pin: the challenger; model, version and SHA-256 count.
    """
    days, rows, failures = database.fetch_one(
        connection,
        f"read the standing of {pin}",
        "select "
        "count(distinct (decided.event_time at time zone 'UTC')::date), count(decided.shadow_id), "
        "(select count(*) from decisions.shadow_runs where model = %(model)s "
        "and version = %(version)s and sha256 = %(sha256)s and state = 'failed') "
        "from decisions.shadow_runs as shadows "
        "inner join decisions.shadow_decisions as decided using (shadow_id) "
        "where shadows.model = %(model)s and shadows.version = %(version)s "
        "and shadows.sha256 = %(sha256)s and decided.status = 'ok'",
        _names(pin),
    )
    return Standing(days, rows, failures)


def expired_at(
    connection: psycopg.Connection[Any], pin: ModelPin, longest_days: int
) -> datetime | None:
    """Return the moment at which a challenger's shadow has expired; None while it may go on.

    The time counts from its first shadow, or from the newest extension by a person.

    Args:
        connection: of role `score`.
        pin: the challenger.
        longest_days: the longest duration.
    """
    row = database.fetch_optional(
        connection,
        f"read when the shadow of {pin} began",
        "select began.began_at + make_interval(days => %(days)s) from ("
        "select greatest(min(claimed_at), ("
        "select max(decided_at) from audit.model_decisions where action = 'extend' "
        "and model = %(model)s and version = %(version)s and sha256 = %(sha256)s"
        ")) as began_at from decisions.shadow_runs "
        "where model = %(model)s and version = %(version)s and sha256 = %(sha256)s"
        ") as began where began.began_at + make_interval(days => %(days)s) <= clock_timestamp()",
        {**_names(pin), "days": longest_days},
    )
    expired: datetime | None = row[0] if row else None
    return expired


def _names(pin: ModelPin) -> dict[str, str]:
    return {"model": pin.name, "version": pin.version, "sha256": pin.sha256}
