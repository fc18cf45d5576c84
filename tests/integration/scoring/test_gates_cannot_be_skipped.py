"""Gates cannot be bypassed by a mark, a state, or a verdict on another table."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from expectations.errors import GateFailedError
from expectations.runner import OpenGate
from features.ingest import hold, release
from features.platform import failpoints
from features.platform.errors import ContractError
from orchestration import steps
from scoring.runs import lifecycle
from scoring.steps import publish
from tests.builders import let_gates_pass
from tests.conftest import Db
from tests.integration.scoring.conftest import Bench, some_transactions

VERDICTS = "audit.validation_results"


def _execute(db: Db, statement: str) -> None:
    with db.superuser() as connection:
        connection.execute(statement.encode())


#: Each act on the verdicts of a run, with a pattern of the refusal.
SKIPPED: dict[str, tuple[str, str]] = {
    "no gate has run": (f"delete from {VERDICTS}", "gate features.transactions .* no verdict"),
    "no verdict on the features": (
        f"delete from {VERDICTS} where suite like 'features%'",
        "gate features.transactions .* no verdict",
    ),
    "no verdict on the decisions": (
        f"delete from {VERDICTS} where suite like 'decisions%'",
        "gate decisions.transactions .* no verdict",
    ),
    "the newest verdict is a failure": (
        f"insert into {VERDICTS} (suite, subject, checked_table, verdict, expectations) "
        f"select suite, subject, checked_table, 'failed', '[]' from {VERDICTS}",
        "says failed",
    ),
    "the gate could not look": (
        f"update {VERDICTS} set verdict = 'could_not_check'",
        "says could_not_check",
    ),
    "another table was looked at": (
        f"update {VERDICTS} set checked_table = 'scored.other' where suite like 'decisions%'",
        "has looked at scored.other",
    ),
    "another run was looked at": (
        f"update {VERDICTS} set subject = gen_random_uuid()::text",
        "no verdict",
    ),
    "fewer rows were looked at": (
        f"update {VERDICTS} set rows_checked = 2, rows_expected = 2",
        "has looked at 2 rows, not at 3",
    ),
    "the rows were scored after the gate looked": (
        f"update {VERDICTS} set validated_at = (select scored_at from decisions.runs) "
        "where suite like 'decisions%'",
        "has looked before the rows were written",
    ),
    "the gate looked before the window was claimed": (
        f"update {VERDICTS} set validated_at = (select claimed_at from decisions.runs) "
        "where suite like 'features%'",
        "has looked before the rows were written",
    ),
}


def test_a_run_publishes_only_with_the_verdicts_of_all_its_gates(bench: Bench) -> None:
    bench.admit(some_transactions(3))
    run = bench.claim()
    bench.build()
    bench.score(run.run_id)
    conninfo = bench.db.settings.warehouse.conninfo("score")

    def refused(skip: str, words: str, at_once: bool = True) -> None:
        with bench.connect() as connection:
            let_gates_pass(connection, run.run_id)
        if at_once:
            _execute(bench.db, skip)
        else:  # while it is published
            failpoints.on_reach("inside_publish", lambda: _execute(bench.db, skip))
        with pytest.raises(ContractError, match=words) as error:
            publish.publish(run.run_id, conninfo, bench.store)
        assert str(run.run_id) in str(error.value)
        assert "clear the task `admit`" in str(error.value)
        assert bench.decisions() == []
        _execute(bench.db, f"delete from {VERDICTS}")

    for skip, words in SKIPPED.values():
        refused(skip, words)
    refused(*SKIPPED["no verdict on the decisions"], at_once=False)

    bench.publish(run.run_id)
    assert len(bench.decisions()) == 3


def test_an_empty_window_needs_its_gates_too(bench: Bench) -> None:
    run = bench.claim()
    bench.score(run.run_id)
    with bench.connect() as connection:
        lifecycle.mark_validated(connection, run.run_id)
    conninfo = bench.db.settings.warehouse.conninfo("score")

    with pytest.raises(ContractError, match="has not passed its gates"):
        publish.publish(run.run_id, conninfo, bench.store)

    bench.publish(run.run_id)


def test_a_delivery_is_admitted_only_with_the_verdict_of_its_gate(
    migrated: Db, landing: Callable[[str], None]
) -> None:
    landing("one.csv")
    [waiting] = steps.ingest()
    forged = [{"subject": waiting["delivery_id"], "verdict": "passed"}]

    with pytest.raises(ContractError, match="clear `validate_raw`"):
        steps.admit(None)  # the gate was marked successful by hand
    with pytest.raises(ContractError, match=r"gate raw\.transactions .* has left no verdict"):
        steps.admit(forged)
    validations = steps.validate_raw([waiting])
    _execute(migrated, f"update {VERDICTS} set checked_table = 'landed.other'")
    with pytest.raises(ContractError, match=r"has looked at landed\.other"):
        steps.admit(validations)
    assert migrated.rows("select from raw.transactions") == []

    steps.validate_raw([waiting])
    assert [receipt["delivery_id"] for receipt in steps.admit(validations)] == [
        waiting["delivery_id"]
    ]


def test_a_delivery_released_by_a_person_needs_no_verdict(
    migrated: Db, landing: Callable[[str], None]
) -> None:
    landing("one.csv")
    [waiting] = steps.ingest()
    with migrated.connect("ingest") as connection:
        hold(waiting["delivery_id"], "wrong", connection)
        release(waiting["delivery_id"], "looked at by ann", connection)

    admitted = steps.admit([{"subject": waiting["delivery_id"], "verdict": "passed"}])

    assert len(admitted) == 1


#: Receipts of a gate's bridge that say something else than "passed", and yet are no refusal.
BRIDGES: dict[str, object] = {
    "a word of an earlier version": "not_looked_at",
    "a word that is no verdict": "probably",
    "an empty word": "",
    "the gate could not check": "could_not_check",
    "the verdict of a failed gate": "failed",
    "no word at all": None,
}


@pytest.mark.parametrize("verdict", BRIDGES.values(), ids=list(BRIDGES))
def test_only_a_verdict_of_the_white_list_admits_a_delivery(
    migrated: Db, landing: Callable[[str], None], verdict: object
) -> None:
    landing("one.csv")
    [waiting] = steps.ingest()
    steps.validate_raw([waiting])  # the audit would let it pass

    assert steps.admit([{"subject": waiting["delivery_id"], "verdict": verdict}]) == []

    assert migrated.rows("select state from raw.deliveries") == [("parsed",)]
    assert migrated.rows("select from raw.transactions") == []


@pytest.mark.parametrize(
    "receipt",
    [{}, {"verdict": "passed"}, {"subject": "no id", "verdict": "passed"}, {"subject": 7}],
)
def test_a_receipt_that_is_not_of_a_gate_admits_nothing(
    migrated: Db, landing: Callable[[str], None], receipt: dict[str, object]
) -> None:
    landing("one.csv")
    steps.validate_raw(steps.ingest())

    with pytest.raises(ContractError, match="without a delivery and a verdict"):
        steps.admit([receipt])

    assert migrated.rows("select from raw.transactions") == []


def test_a_gate_that_is_killed_in_the_middle_leaves_the_rest_out_until_its_retry(
    migrated: Db, landing: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    landing("one.csv")
    landing("two.csv")
    received = steps.ingest()
    validate, count = OpenGate.validate, itertools.count()

    def killed_at_the_second(*arguments: Any, **options: Any) -> Any:
        if next(count) == 1:
            raise KeyboardInterrupt
        return validate(*arguments, **options)

    with monkeypatch.context() as killed:
        killed.setattr(OpenGate, "validate", killed_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            steps.validate_raw(received)
    # a person marks the gate's task successful: its receipts are lost
    with pytest.raises(ContractError, match="clear `validate_raw`"):
        steps.admit(None)
    forged = [{"subject": one["delivery_id"], "verdict": "passed"} for one in received]
    with pytest.raises(ContractError, match="has left no verdict"):
        steps.admit(forged)
    assert migrated.rows("select from raw.transactions") == []

    assert len(steps.admit(steps.validate_raw(received))) == 2


def test_the_receipt_of_another_run_publishes_nothing(bench: Bench) -> None:
    bench.admit(some_transactions(3))
    other = bench.claim()
    with bench.connect() as connection:
        lifecycle.fail(connection, other.run_id, "given up")
    run = bench.claim()
    bench.build()
    bench.score(run.run_id)

    for validate in (bench.pipeline.validate_features, bench.pipeline.validate_decisions):
        with pytest.raises(ContractError, match="is failed"):
            validate(other.run_id)  # a receipt of the run before
    with pytest.raises(ContractError, match="only a run whose decisions were validated"):
        bench.pipeline.publish(run.run_id)

    assert bench.decisions() == []


def test_a_run_is_marked_validated_only_by_the_gate_that_has_passed(bench: Bench) -> None:
    bench.admit(some_transactions(3))
    run = bench.claim()
    bench.build()
    bench.score(run.run_id)
    table = f"scored.decisions_{run.run_id.hex}"
    # the ledger's own checks would refuse the rows; the gate is under test
    for (check,) in bench.db.rows(
        "select conname from pg_constraint where contype = 'c' and conrelid = %s::regclass", table
    ):
        _execute(bench.db, f"alter table {table} drop constraint {check}")
    _execute(bench.db, f"update {table} set decision = 'approve', is_degraded = true")

    with pytest.raises(GateFailedError):
        bench.pipeline.validate_decisions(run.run_id)

    assert bench.pipeline.load(run.run_id).state == "scored"
    with pytest.raises(ContractError, match="only a run whose decisions were validated"):
        bench.pipeline.publish(run.run_id)
    assert bench.decisions() == []
