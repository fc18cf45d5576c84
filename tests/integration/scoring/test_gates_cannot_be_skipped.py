"""Gates that somebody goes round: by a mark, by a state, by a verdict about something else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from features.ingest import hold, release
from features.platform import failpoints
from features.platform.errors import ContractError
from orchestration import gates, steps
from scoring.domains import JOBS
from scoring.runs import lifecycle
from scoring.steps import publish
from tests.builders import let_gates_pass
from tests.conftest import Db
from tests.integration.scoring.conftest import Bench, some_transactions

VERDICTS = "audit.validation_results"


def _execute(db: Db, statement: str) -> None:
    with db.superuser() as connection:
        connection.execute(statement.encode())


#: What somebody does to the verdicts of a run, and what the refusal names.
SKIPPED: dict[str, tuple[str, str]] = {
    "no gate has looked": (f"delete from {VERDICTS}", "gate features.transactions .* no verdict"),
    "nobody looked at the features": (
        f"delete from {VERDICTS} where suite like 'features%'",
        "gate features.transactions .* no verdict",
    ),
    "nobody looked at the decisions": (
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
    refused(*SKIPPED["nobody looked at the decisions"], at_once=False)

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


def test_every_job_names_gates_that_there_are() -> None:
    from expectations import suites

    for job in JOBS.values():
        suites.require(job.features_gate)
        suites.require(job.decisions_gate)


def test_a_delivery_is_admitted_only_with_the_verdict_of_its_gate(
    migrated: Db, landing: Callable[[str], None]
) -> None:
    landing("one.csv")
    [waiting] = steps.ingest()
    forged = [{"subject": waiting["delivery_id"], "verdict": "passed"}]

    with pytest.raises(ContractError, match="clear `validate_raw`"):
        steps.admit_deliveries(None)  # the gate was marked successful by hand
    with pytest.raises(ContractError, match=r"gate raw\.transactions .* has left no verdict"):
        steps.admit_deliveries(forged)
    validations = gates.validate_raw([waiting])
    _execute(migrated, f"update {VERDICTS} set checked_table = 'landed.other'")
    with pytest.raises(ContractError, match=r"has looked at landed\.other"):
        steps.admit_deliveries(validations)
    assert migrated.rows("select from raw.transactions") == []

    gates.validate_raw([waiting])
    assert [one["delivery_id"] for one in steps.admit_deliveries(validations)] == [
        waiting["delivery_id"]
    ]


def test_what_a_person_releases_needs_no_verdict(
    migrated: Db, landing: Callable[[str], None]
) -> None:
    landing("one.csv")
    [waiting] = steps.ingest()
    with migrated.connect("ingest") as connection:
        hold(waiting["delivery_id"], "wrong", connection)
        release(waiting["delivery_id"], "looked at by ann", connection)

    admitted = steps.admit_deliveries([{"subject": waiting["delivery_id"], "verdict": "passed"}])

    assert len(admitted) == 1
