"""Read the outcome of a kill from the ledger and the audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from features.platform import database
from infra.local.console import table
from infra.local.state import State
from infra.local.warehouse_facts import connect

Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one kill."""

    victim: str
    rows: int
    rows_lost: int
    rows_doubled: int
    epochs: int
    fenced: int
    seconds: float
    holds: bool


def window_outcome(
    state: State, victim: str, window: Window, seconds: float, *, needs_refusal: bool
) -> Outcome:
    """Return the outcome of a kill for the window that was being decided.

    Args:
        state: of the stack.
        victim: the process that was killed.
        window: bounds of the window.
        seconds: from the kill to the end of the run.
        needs_refusal: an orphan survived, so the audit must hold its refusal.
    """
    with connect(state, "score") as connection:
        published, claimed, written, lost, doubled, epochs, fenced = database.fetch_one(
            connection,
            "count the rows and runs of a window",
            """
            with windows as (
                select run_id, rows_claimed from decisions.runs
                where window_start = %(start)s and window_end = %(end)s and state = 'published'
            )
            select
                (select count(*) from windows),
                coalesce((select sum(rows_claimed) from windows), 0),
                (select count(*) from decisions.transaction_decisions as ledger
                 where ledger.run_id in (select run_id from windows)),
                (select count(*) from raw.transaction_versions as versions
                 where not is_history and version = 1
                 and occurred_at >= %(start)s and occurred_at < %(end)s
                 and known_at <= (select max(known_at_cutoff) from decisions.runs
                                  where run_id in (select run_id from windows))
                 and not exists (select from decisions.transaction_decisions as ledger
                                 where ledger.transaction_id = versions.transaction_id)),
                (select count(*) - count(distinct (transaction_id, revision))
                 from decisions.transaction_decisions),
                (select coalesce(max(epoch), 0) from decisions.leases
                 where step = 'score' and run_id in (select run_id from windows)),
                (select count(*) from audit.events where event = 'attempt_fenced'
                 and subject in (select run_id::text from windows))
            """,
            {"start": window[0], "end": window[1]},
        )
    doubled += max(written - claimed, 0)
    lost += max(claimed - written, 0)
    holds = (
        published == 1
        and lost == doubled == 0
        and epochs >= 2
        and (fenced > 0 or not needs_refusal)
    )
    return Outcome(victim, written, lost, doubled, epochs, fenced, round(seconds, 1), holds)


def show(outcomes: list[Outcome]) -> None:
    """Print the table."""
    columns = ["killed", "rows", "lost", "doubled", "epochs", "refused", "seconds", "holds"]
    rows = [
        (o.victim, o.rows, o.rows_lost, o.rows_doubled, o.epochs, o.fenced, o.seconds,
         "yes" if o.holds else "NO")
        for o in outcomes
    ]  # fmt: skip
    table("kill -9 in a real Airflow", columns, rows)
