"""People in the way: locks, long readings, forbidden writes, and requests that try to be SQL."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import psycopg
from psycopg import sql

from tests.faults import invariants
from tests.faults.cases import Case, Outcome, trial
from tests.faults.deliveries import HOSTILE, HOUR, SECOND
from tests.faults.flow import Asked
from tests.faults.house import House, Stage
from tests.hostile import hostile_sessions

ROLES = ("ingest", "transform", "score", "analyst")
HOSTILE_SESSIONS = 50
#: Append-only tables, with a column that nobody may change.
APPEND_ONLY = {
    "decisions.transaction_decisions": "decision",
    "decisions.runs": "models",
    "audit.events": "actor",
    "audit.policy_activations": "approver",
    "raw.transactions": "amount_minor",
    "raw.rejected_rows": "reason",
}
_REFUSED = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.UndefinedTable,
)
LOCKED: dict[str, Stage] = {
    "raw.deliveries": Stage.WAITING,
    "raw.transaction_versions": Stage.WAITING,
    "raw.ledger_clock": Stage.WAITING,
    "marts.feat_transactions": Stage.WAITING,
    "decisions.runs": Stage.BUILT,
    "decisions.leases": Stage.BUILT,
    "decisions.transaction_decisions": Stage.VALIDATED,
    "audit.events": Stage.VALIDATED,
}


def tamper(house: House, role: str, table: str) -> Outcome:
    """Try to change what is written for good, as a login role."""
    column = APPEND_ONLY[table]
    name = sql.Identifier(*table.split("."))
    attempts = {
        "update": sql.SQL("update {} set {column} = {column}"),
        "delete": sql.SQL("delete from {}"),
        "truncate": sql.SQL("truncate {}"),
        "drop": sql.SQL("drop table {}"),
        "switch triggers off": sql.SQL("alter table {} disable trigger all"),
    }
    with trial(house, Stage.PUBLISHED, watched=False) as found:
        for what, statement in attempts.items():
            with psycopg.connect(found.world.conninfo(role)) as connection:
                try:
                    connection.execute("set transaction read write")
                    connection.execute(statement.format(name, column=sql.Identifier(column)))
                    found.expect(holds=False, otherwise=f"{role} may {what} {table}")
                except _REFUSED as refusal:
                    found.outcome.seen = type(refusal).__name__
                connection.rollback()
        found.rerun()
    return found.outcome


def read_long(house: House, stage: Stage, how: str) -> Outcome:
    """Let an analyst keep a transaction open over everything."""
    statements = {
        "long reading": "select count(*), pg_sleep(0.3) from serving.latest_transaction_decisions",
        "idle transaction": "select count(*) from serving.latest_transaction_decisions",
        "idle snapshot": "select count(*) from serving.decision_runs",
        "open cursor": "declare open_cursor cursor for "
        "select * from serving.latest_transaction_decisions",
        "share lock": "lock table serving.latest_transaction_decisions in share mode",
        "exclusive lock": "lock table serving.latest_transaction_decisions "
        "in access exclusive mode",
    }
    with trial(house, stage) as found:
        ready = found.world.folder / "ready"

        def analyst() -> None:
            import time

            with psycopg.connect(found.world.conninfo("analyst")) as connection:
                if how == "idle snapshot":
                    connection.execute("set transaction isolation level repeatable read")
                try:
                    connection.execute(statements[how].encode())
                except _REFUSED:
                    connection.rollback()
                ready.touch()
                while how == "long reading":
                    connection.execute(statements[how].encode())
                time.sleep(600)

        process = found.world.spawn(analyst, "analyst")
        while not ready.exists() and process.status is None:
            found.world.rows("select 1")
        found.rerun()
        process.kill()
    return found.outcome


def besiege(house: House, stage: Stage) -> Outcome:
    """Let readers who mean harm try everything that could stall a run, as many as get in."""
    with trial(house, stage) as found:
        ready = found.world.folder / "ready"

        def readers() -> None:
            import time

            with hostile_sessions(found.world.conninfo("analyst"), HOSTILE_SESSIONS):
                ready.touch()
                time.sleep(600)

        process = found.world.spawn(readers, "readers")
        while not ready.exists() and process.status is None:
            found.world.rows("select 1")
        found.expect(holds=process.status is None, otherwise="the readers could not try at all")
        found.rerun()
        process.kill()
    return found.outcome


def lock(house: House, stage: Stage, table: str) -> Outcome:
    """Let a database administrator lock a table longer than a step waits."""
    with trial(house, stage, watched=False) as found:
        database = sql.Identifier(found.world.database)
        with psycopg.connect(house.cluster.conninfo(), autocommit=True) as connection:
            for role in ("ingest", "transform", "score"):
                connection.execute(
                    sql.SQL("alter role {} in database {} set lock_timeout = '1s'").format(
                        sql.Identifier(role), database
                    )
                )
        ready = found.world.folder / "ready"

        def administrator() -> None:
            import time

            with psycopg.connect(house.cluster.conninfo(found.world.database)) as connection:
                connection.execute(f"lock table {table} in access exclusive mode".encode())
                ready.touch()
                time.sleep(600)

        process = found.world.spawn(administrator, "administrator")
        while not ready.exists():
            found.expect(holds=process.status is None, otherwise="nobody could lock the table")
        told = found.heard(found.world.run(stage.rest))
        if table != "audit.events":  # only a refused attempt writes there
            found.expect(holds=not told.ok, otherwise="nobody waited for the lock")
        process.kill()
        found.rerun()
    return found.outcome


def ask(house: House, text: str) -> Outcome:
    """Ask for a run with words that try to be something else."""
    with trial(house, Stage.BUILT) as found:
        found.rerun(Asked(requested_by=text, reason=text, kind="manual"))
        stored = found.world.rows(
            "select requested_by, reason from decisions.runs where kind = 'manual'"
        )
        found.expect(holds=stored == [(text, text)], otherwise=f"stored as {stored}")
    return found.outcome


def restate(house: House, count: int) -> Outcome:
    """Restate rows with hostile ids."""
    ids = tuple(f"w2-{text}" for text in HOSTILE[:count])
    wanted = invariants.usual()
    wanted.revisions.update(dict.fromkeys(ids, 2))
    with trial(house, Stage.PUBLISHED, wanted=wanted, same_decisions=False) as found:
        asked = Asked(kind="restate", requested_by="ann", reason=HOSTILE[0], restated_ids=ids)
        told = found.heard(found.world.run(Stage.PUBLISHED.rest, asked))
        found.expect(holds=told.ok, otherwise=f"the restatement failed: {told}")
        found.rerun()
    return found.outcome


def refuse(house: House, asked: Asked, error: str) -> Outcome:
    """Ask for what cannot be; it is refused before anything is written."""
    with trial(house, Stage.PUBLISHED, watched=False) as found:
        runs = found.world.rows("select count(*) from decisions.runs")
        told = found.heard(found.world.run(Stage.PUBLISHED.rest, asked))
        found.expect(holds=told.error == error, otherwise=f"it was not refused: {told}")
        found.expect(
            holds=found.world.rows("select count(*) from decisions.runs") == runs,
            otherwise="a refused request left a run",
        )
        found.rerun()
    return found.outcome


def configure(house: House, variable: str, value: str) -> Outcome:
    """Set a variable to text that tries to be SQL: refused before dbt sees it."""
    with trial(house, Stage.BUILT) as found:
        told = found.heard(found.world.run(("build",), environment={variable: value}))
        found.expect(
            holds=told.error == "ConfigurationError", otherwise=f"it was not refused: {told}"
        )
        found.rerun()
    return found.outcome


def intrude(house: House) -> Outcome:
    """Start another window while a run is open: refused, and it names the run."""
    with trial(house, Stage.VALIDATED) as found:
        other = Asked(SECOND + HOUR, SECOND + 2 * HOUR)
        told = found.heard(found.world.run(("claim",), other))
        open_run = found.world.rows("select run_id from decisions.runs where state = 'validated'")
        found.expect(
            holds=told.error == "RunOpenError" and str(open_run[0][0]) in told.message,
            otherwise=f"it was not refused by name: {told}",
        )
        found.rerun()
    return found.outcome


READINGS = (
    "long reading",
    "idle transaction",
    "idle snapshot",
    "open cursor",
    "share lock",
    "exclusive lock",
)


def _locks_and_writes() -> Iterator[Case]:
    for role in ROLES:
        for table in APPEND_ONLY:
            place = f"{table} by {role}"
            run = partial(tamper, role=role, table=table)
            yield Case("forbidden write", place, "refused, five ways", run)
    for how in READINGS:
        run = partial(read_long, stage=Stage.VALIDATED, how=how)
        yield Case("analyst's transaction", f"{how}, publish", "nobody waits", run)
    for how in ("long reading", "idle transaction"):
        run = partial(read_long, stage=Stage.WAITING, how=how)
        yield Case("analyst's transaction", f"{how}, whole run", "nobody waits", run)
    for stage in (Stage.WAITING, Stage.VALIDATED):
        run = partial(besiege, stage=stage)
        yield Case("hostile sessions", f"from {stage}", "nobody waits", run)
    for table, stage in LOCKED.items():
        run = partial(lock, stage=stage, table=table)
        yield Case("locked table", table, "the step gives up; a re-run publishes", run)


def _requests() -> Iterator[Case]:
    for number, text in enumerate(HOSTILE[:4], start=1):
        yield Case("hostile request", f"text {number}", "stored as text", partial(ask, text=text))
    yield Case("hostile ids", "restatement", "decided again, once", partial(restate, count=6))
    never = Asked(kind="restate", requested_by="a", reason="r", restated_ids=(HOSTILE[0],))
    refusals: dict[str, tuple[Asked, str]] = {
        "restatement of what was never decided": (never, "ContractError"),
        "a window that ends before it starts": (
            Asked(SECOND + 2 * HOUR, SECOND + HOUR),
            "CheckViolation",
        ),
        "a run of no kind": (Asked(SECOND + HOUR, SECOND + 2 * HOUR, HOSTILE[0]), "CheckViolation"),
    }
    for place, (asked, error) in refusals.items():
        run = partial(refuse, asked=asked, error=error)
        yield Case("impossible request", place, "refused, nothing written", run)
    for value in ("USD'); drop schema raw; --", "{{ 1 }}"):
        run = partial(configure, variable="SCORING_WAREHOUSE__BASE_CURRENCY", value=value)
        yield Case("hostile setting", ascii(value), "refused before dbt", run)
    yield Case("second window", "while a run is open", "refused, the run is named", intrude)


def cases() -> Iterator[Case]:
    """Yield every fault of this kind."""
    yield from _locks_and_writes()
    yield from _requests()
