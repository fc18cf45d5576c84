"""Let people interfere: locks, long readings, forbidden writes, and requests that try to be SQL."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import psycopg
from psycopg import sql

from tests.faults import invariants
from tests.faults.cases import Case, Outcome, open_trial
from tests.faults.deliveries import HOSTILE, HOUR, SECOND
from tests.faults.flow import WindowRequest
from tests.faults.house import House, Stage
from tests.hostile import hostile_sessions

ROLES = ("ingest", "transform", "score", "analyst")
HOSTILE_SESSIONS = 50
#: Append-only tables, each with a column that no role may change.
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
    """Try to change append-only rows as a login role."""
    column = APPEND_ONLY[table]
    name = sql.Identifier(*table.split("."))
    attempts = {
        "update": sql.SQL("update {} set {column} = {column}"),
        "delete": sql.SQL("delete from {}"),
        "truncate": sql.SQL("truncate {}"),
        "drop": sql.SQL("drop table {}"),
        "switch triggers off": sql.SQL("alter table {} disable trigger all"),
    }
    with open_trial(house, Stage.PUBLISHED, watched=False) as trial:
        for verb, statement in attempts.items():
            with psycopg.connect(trial.world.conninfo(role)) as connection:
                try:
                    connection.execute("set transaction read write")
                    connection.execute(statement.format(name, column=sql.Identifier(column)))
                    trial.expect(holds=False, otherwise=f"{role} may {verb} {table}")
                except _REFUSED as refusal:
                    trial.outcome.seen = type(refusal).__name__
                connection.rollback()
        trial.rerun()
    return trial.outcome


def read_long(house: House, stage: Stage, how: str) -> Outcome:
    """Let an analyst keep a transaction open over all served tables."""
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
    with open_trial(house, stage) as trial:
        ready = trial.world.folder / "ready"

        def analyst() -> None:
            import time

            with psycopg.connect(trial.world.conninfo("analyst")) as connection:
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

        process = trial.world.spawn(analyst, "analyst")
        while not ready.exists() and process.status is None:
            trial.world.rows("select 1")
        trial.rerun()
        process.kill()
    return trial.outcome


def besiege(house: House, stage: Stage) -> Outcome:
    """Let as many hostile readers as the server admits try every act that could stall a run."""
    with open_trial(house, stage) as trial:
        ready = trial.world.folder / "ready"

        def readers() -> None:
            import time

            with hostile_sessions(trial.world.conninfo("analyst"), HOSTILE_SESSIONS):
                ready.touch()
                time.sleep(600)

        process = trial.world.spawn(readers, "readers")
        while not ready.exists() and process.status is None:
            trial.world.rows("select 1")
        trial.expect(holds=process.status is None, otherwise="the readers could not try at all")
        trial.rerun()
        process.kill()
    return trial.outcome


def lock(house: House, stage: Stage, table: str) -> Outcome:
    """Let a database administrator lock a table longer than a step waits."""
    with open_trial(house, stage, watched=False) as trial:
        database = sql.Identifier(trial.world.database)
        with psycopg.connect(house.cluster.conninfo(), autocommit=True) as connection:
            for role in ("ingest", "transform", "score"):
                connection.execute(
                    sql.SQL("alter role {} in database {} set lock_timeout = '1s'").format(
                        sql.Identifier(role), database
                    )
                )
        ready = trial.world.folder / "ready"

        def administrator() -> None:
            import time

            with psycopg.connect(house.cluster.conninfo(trial.world.database)) as connection:
                connection.execute(f"lock table {table} in access exclusive mode".encode())
                ready.touch()
                time.sleep(600)

        process = trial.world.spawn(administrator, "administrator")
        while not ready.exists():
            trial.expect(holds=process.status is None, otherwise="the table could not be locked")
        result = trial.record(trial.world.run(stage.rest))
        if table != "audit.events":  # only a refused attempt writes there
            trial.expect(holds=not result.ok, otherwise="the step did not wait for the lock")
        process.kill()
        trial.rerun()
    return trial.outcome


def ask(house: House, text: str) -> Outcome:
    """Request a run with words that try to be SQL or code."""
    with open_trial(house, Stage.BUILT) as trial:
        trial.rerun(WindowRequest(requested_by=text, reason=text, kind="manual"))
        stored = trial.world.rows(
            "select requested_by, reason from decisions.runs where kind = 'manual'"
        )
        trial.expect(holds=stored == [(text, text)], otherwise=f"stored as {stored}")
    return trial.outcome


def restate(house: House, count: int) -> Outcome:
    """Restate rows with hostile ids."""
    ids = tuple(f"w2-{text}" for text in HOSTILE[:count])
    expected = invariants.usual()
    expected.revisions.update(dict.fromkeys(ids, 2))
    with open_trial(house, Stage.PUBLISHED, expected=expected, same_decisions=False) as trial:
        request = WindowRequest(
            kind="restate", requested_by="ann", reason=HOSTILE[0], restated_ids=ids
        )
        result = trial.record(trial.world.run(Stage.PUBLISHED.rest, request))
        trial.expect(holds=result.ok, otherwise=f"the restatement failed: {result}")
        trial.rerun()
    return trial.outcome


def refuse(house: House, request: WindowRequest, error: str) -> Outcome:
    """Make an impossible request; it is refused before any write."""
    with open_trial(house, Stage.PUBLISHED, watched=False) as trial:
        runs = trial.world.rows("select count(*) from decisions.runs")
        result = trial.record(trial.world.run(Stage.PUBLISHED.rest, request))
        trial.expect(holds=result.error == error, otherwise=f"it was not refused: {result}")
        trial.expect(
            holds=trial.world.rows("select count(*) from decisions.runs") == runs,
            otherwise="a refused request left a run",
        )
        trial.rerun()
    return trial.outcome


def configure(house: House, variable: str, value: str) -> Outcome:
    """Set a variable to text that tries to be SQL: refused before dbt reads it."""
    with open_trial(house, Stage.BUILT) as trial:
        result = trial.record(trial.world.run(("build",), environment={variable: value}))
        trial.expect(
            holds=result.error == "ConfigurationError", otherwise=f"it was not refused: {result}"
        )
        trial.rerun()
    return trial.outcome


def intrude(house: House) -> Outcome:
    """Start another window during an open run: refused with the id of the run."""
    with open_trial(house, Stage.VALIDATED) as trial:
        second_window = WindowRequest(SECOND + HOUR, SECOND + 2 * HOUR)
        result = trial.record(trial.world.run(("claim",), second_window))
        open_run = trial.world.rows("select run_id from decisions.runs where state = 'validated'")
        trial.expect(
            holds=result.error == "RunOpenError" and str(open_run[0][0]) in result.message,
            otherwise=f"it was not refused by name: {result}",
        )
        trial.rerun()
    return trial.outcome


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
        yield Case("analyst's transaction", f"{how}, publish", "no job waits", run)
    for how in ("long reading", "idle transaction"):
        run = partial(read_long, stage=Stage.WAITING, how=how)
        yield Case("analyst's transaction", f"{how}, whole run", "no job waits", run)
    for stage in (Stage.WAITING, Stage.VALIDATED):
        run = partial(besiege, stage=stage)
        yield Case("hostile sessions", f"from {stage}", "no job waits", run)
    for table, stage in LOCKED.items():
        run = partial(lock, stage=stage, table=table)
        yield Case("locked table", table, "the step gives up; a re-run publishes", run)


def _requests() -> Iterator[Case]:
    for number, text in enumerate(HOSTILE[:4], start=1):
        yield Case("hostile request", f"text {number}", "stored as text", partial(ask, text=text))
    yield Case("hostile ids", "restatement", "decided again, once", partial(restate, count=6))
    never = WindowRequest(kind="restate", requested_by="a", reason="r", restated_ids=(HOSTILE[0],))
    refusals: dict[str, tuple[WindowRequest, str]] = {
        "restatement of an undecided id": (never, "ContractError"),
        "a window that ends before it starts": (
            WindowRequest(SECOND + 2 * HOUR, SECOND + HOUR),
            "CheckViolation",
        ),
        "a run of no kind": (
            WindowRequest(SECOND + HOUR, SECOND + 2 * HOUR, HOSTILE[0]),
            "ValueError",
        ),
    }
    for place, (request, error) in refusals.items():
        run = partial(refuse, request=request, error=error)
        yield Case("impossible request", place, "refused, nothing written", run)
    for value in ("USD'); drop schema raw; --", "{{ 1 }}"):
        run = partial(configure, variable="SCORING_WAREHOUSE__BASE_CURRENCY", value=value)
        yield Case("hostile setting", ascii(value), "refused before dbt", run)
    yield Case("second window", "while a run is open", "refused, the run is named", intrude)


def cases() -> Iterator[Case]:
    """Yield every fault of this kind."""
    yield from _locks_and_writes()
    yield from _requests()
