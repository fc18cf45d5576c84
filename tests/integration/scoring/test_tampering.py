"""Closure names every change of a superuser in the ledger, in the runs or in their seals."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import psycopg

from scoring.domains import JOBS, SCORE_TRANSACTIONS
from scoring.evidence import closure, published_files
from scoring.runs import lifecycle
from scoring.steps import maintain
from tests.builders import NOON, a_transaction
from tests.integration.scoring.conftest import HOUR, Bench

LEDGER = "decisions.transaction_decisions"
FORGED_ROW = (
    f"insert into {LEDGER} select (jsonb_populate_record(decided, '{{}}')).* from {LEDGER} "
    "as decided where transaction_id = 't1'"
)

# statement, and the message of closure; {first} and {last} are the two runs
TAMPERINGS = (
    (
        f"update {LEDGER} set processing_time_ms = 1 where transaction_id = 't1'",
        f"run {{first}} ledger: 3 = 3 rows in the ledger; rows of {LEDGER} were changed",
    ),
    (
        f"update {LEDGER} as one set fraud_probability = other.fraud_probability from {LEDGER} "
        "as other where (one.transaction_id, other.transaction_id) in (('t1', 't2'), ('t2', 't1'))",
        f"run {{first}} ledger: 3 = 3 rows in the ledger; rows of {LEDGER} were changed",
    ),
    (
        f"delete from {LEDGER} where transaction_id = 't1'",
        f"run {{first}} ledger: 3 ≠ 2 rows in the ledger; {LEDGER} holds 2 rows, 3 were written",
    ),
    (
        FORGED_ROW.replace("'{}'", "'{\"revision\": 1}'"),
        f"run {{first}} ledger: 3 ≠ 4 rows in the ledger; {LEDGER} holds 4 rows, 3 were written",
    ),
    (
        FORGED_ROW.replace(
            "'{}'", '\'{"revision": 1, "run_id": "00000000-0000-0000-0000-000000000000"}\''
        ),
        f"1 rows of {LEDGER} belong to no published run of the register (run_id 00000000-",
    ),
    (
        f"delete from {LEDGER} where run_id = '{{first}}'; "
        "delete from decisions.runs where run_id = '{first}'",
        "run {first} is gone from decisions.runs",
    ),
    (
        "update decisions.runs set models = models || '{\"fraud\": {}}' where run_id = '{first}'",
        "run {first} was changed in decisions.runs since seal",
    ),
    (
        "update decisions.runs set rows_claimed = 2, rows_scored = 2, rows_published = 2 "
        "where run_id = '{first}'",
        "rows_claimed is 2, sealed was 3",
    ),
    (
        "update decisions.runs set parquet = null where run_id = '{first}'",
        "decisions.runs names no file of it any more",
    ),
    (
        "update decisions.runs set seal = null where run_id = '{first}'",
        "run {first}: its seal in decisions.runs is not that of audit.seals",
    ),
    (
        "update decisions.runs set failure = 'other' where state = 'failed'",
        "was changed in decisions.runs since seal",
    ),
    (
        "update audit.policy_activations set approver = 'zoe'",
        "policy 2026.11.1 was changed in audit.policy_activations since seal",
    ),
    # the last run with all its rows in the database: its manifest remains
    (
        f"delete from {LEDGER} where run_id = '{{last}}'; "
        "delete from decisions.runs where run_id = '{last}'; delete from audit.seals "
        "where seal_seq >= (select seal_seq from audit.seals where subject = '{last}')",
        "run={last}/manifest.json exists, but decisions.runs has no such published run",
    ),
    # a changed decision, with digest, register and chain rewritten from there on
    (
        f"update {LEDGER} set decision = 'review', reasons = '[{{}}]' where transaction_id = 't1'; "
        "create temporary table sealed on commit drop as "
        "select kind, subject, seal_seq from audit.seals; "
        "truncate audit.seals; "
        "select audit.seal(kind, subject) from (select distinct on (kind, subject) * from sealed) "
        "as anew order by seal_seq",
        "manifest.json says another digests, seal than the run: it, or the register and its seals",
    ),
)


def problems(bench: Bench, connection: psycopg.Connection[Any], **more: Any) -> str:
    """Return the equations that do not hold, one per line."""
    equations = closure.equations(connection, list(JOBS.values()), store=bench.store, **more)
    return "\n".join(str(equation) for equation in equations if not equation.holds)


def unseen(bench: Bench, of: dict[str, str]) -> list[tuple[str, str, str]]:
    """Try every tampering and return those that closure does not name as expected."""
    missed = []
    with bench.db.superuser() as connection:
        connection.execute("set session_replication_role = replica")
        assert problems(bench, connection) == ""
        for texts in TAMPERINGS:
            statement, expected = (
                re.sub("{(first|last)}", lambda match: of[str(match[1])], text) for text in texts
            )
            with connection.transaction(force_rollback=True):
                connection.execute(statement.encode())
                reported = problems(bench, connection)
            if expected not in reported:
                missed.append((statement, expected, reported))
    return missed


def test_every_change_of_a_superuser_is_named(bench: Bench) -> None:
    bench.admit([a_transaction(transaction_id=f"t{n}", amount_minor=100**n) for n in (1, 2, 3)])
    failed = bench.claim()
    with bench.connect() as connection:
        lifecycle.fail(connection, failed.run_id, "given up")
    first = bench.decide()
    last = bench.decide(NOON + HOUR)

    assert unseen(bench, {"first": str(first.run_id), "last": str(last.run_id)}) == []

    # a manifest holds the digest of the run's rows and its place in the chain
    assert first.parquet
    name = published_files.manifest_name(first.parquet)
    with bench.store.open(name) as handle:
        manifest = json.loads(handle.read())
    assert manifest["seal"] == first.seal
    assert manifest["digests"][LEDGER]["rows"] == 3
    bench.store.put(name, json.dumps(manifest | {"seal": {"seq": 1, "chain": ""}}).encode())
    with bench.connect() as connection:
        assert "manifest.json says another seal than the run" in problems(bench, connection)
        bench.store.delete(name)
        maintain.write_manifests(connection, SCORE_TRANSACTIONS, bench.store)
        assert problems(bench, connection) == ""

    # the fast check does not read the file of an old run, and notes it
    bench.store.put(first.parquet["object_name"], b"cut short")
    with bench.db.superuser() as connection, connection.transaction(force_rollback=True):
        assert "was altered" in problems(bench, connection, is_fast=True)
        connection.execute(
            "update decisions.runs set published_at = published_at - %s where run_id = %s",
            (timedelta(days=3), first.run_id),
        )
        assert "was altered" not in problems(bench, connection, is_fast=True)
        equations = closure.equations(
            connection, SCORE_TRANSACTIONS, store=bench.store, is_fast=True
        )
        notes = "; ".join(note for equation in equations for note in equation.notes)
        assert "files of runs published before" in notes
        others = [job.ledger.table for job in JOBS.values() if job is not SCORE_TRANSACTIONS]
        assert f"{', '.join(others)}: --job leaves it out" in notes
