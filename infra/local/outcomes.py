"""What a kill in a rehearsal led to, as the ledger and the audit say."""

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
    """What one kill led to."""

    victim: str
    rows: int
    rows_lost: int
    rows_doubled: int
    epochs: int
    fenced: int
    seconds: float
    holds: bool


def ask_the_ledger(
    state: State, victim: str, window: Window, seconds: float, *, wants_refusal: bool
) -> Outcome:
    """Return what became of a window.

    Args:
        state: of the stack.
        victim: what was killed while it was decided.
        window: its bounds.
        seconds: from the kill to the end of its run.
        wants_refusal: an orphan lived on, so that it must have been refused.
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
        and (fenced > 0 or not wants_refusal)
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
