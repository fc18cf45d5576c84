"""After a server crash between two steps, the next step restores its inputs and continues."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from expectations.validation import Validation
from features.platform.errors import ContractError
from orchestration import steps
from scoring.runs import lifecycle, shards
from scoring.runs.job import quoted
from scoring.steps.pipeline import Pipeline
from tests.builders import let_gates_pass
from tests.conftest import Db
from tests.faults import deliveries
from tests.integration.scoring.conftest import Bench, some_transactions

ROWS = 7


@pytest.fixture
def claimed(bench: Bench) -> UUID:
    """The id of a claimed run of two shards."""
    bench.chunk_rows = 2
    bench.admit(some_transactions(ROWS))
    run = bench.claim()
    assert run.shards == shards.MAX_SHARDS
    bench.build()
    return run.run_id


def rows_checked(validation: Validation | None) -> int | None:
    return validation and validation.rows


def crash(db: Db) -> None:
    """Empty the unlogged tables, as a crash of the server does."""
    with db.superuser() as connection:
        names = connection.execute(
            "select relnamespace::regnamespace || '.' || relname from pg_class "
            "where relpersistence = 'u' and relkind = 'r'"
        ).fetchall()
        for (name,) in names:
            connection.execute(f"truncate {quoted(name).as_string(connection)}".encode())


def test_a_run_is_published_despite_a_server_crash_between_all_its_steps(
    bench: Bench, claimed: UUID
) -> None:
    pipeline = bench.pipeline
    crash(bench.db)
    assert rows_checked(pipeline.validate_features(claimed)) == ROWS
    crash(bench.db)
    pipeline.score(claimed, 0)
    crash(bench.db)  # the task of the first shard has ended and does not run again
    pipeline.score(claimed, 1)
    crash(bench.db)
    assert rows_checked(pipeline.validate_decisions(claimed)) == ROWS
    crash(bench.db)
    assert pipeline.publish(claimed).state == "published"

    assert len(bench.decisions()) == ROWS
    bench.assert_closes()
    # the gate has checked the rows that were scored again
    assert bench.db.rows(
        "select suite, count(*) from audit.validation_results where verdict <> 'failed' "
        "group by suite order by suite"
    ) == [("decisions.transactions", 2), ("features.transactions", 1)]
    assert bench.db.rows("select detail ->> 'state' from audit.events order by occurred_at") == [
        ("scored",),
        ("validated",),
    ]


def test_a_step_restores_exactly_the_state_before_the_crash(
    bench: Bench, claimed: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = bench.pipeline
    with pytest.raises(ContractError, match="clear the task `admit`"):
        pipeline.validate_decisions(claimed)  # `score` was marked by hand
    pipeline.score(claimed)
    crash(bench.db)
    with pytest.raises(ContractError, match="only a run whose decisions were validated"):
        pipeline.publish(claimed)  # `validate_decisions` was marked by hand
    assert bench.decisions() == []

    def break_off(*_: object) -> None:
        raise ConnectionError

    with bench.connect() as connection:
        let_gates_pass(connection, claimed)
    for interrupted in ("score", "validate_decisions"):
        crash(bench.db)
        with monkeypatch.context() as broken:
            # a second crash, during the repair of the first
            broken.setattr(Pipeline, interrupted, break_off)
            with pytest.raises(ConnectionError):
                pipeline.publish(claimed)
    assert pipeline.publish(claimed).state == "published"
    assert len(bench.decisions()) == ROWS


def test_a_failed_run_is_not_restored(
    bench: Bench,
) -> None:
    run = bench.claim()
    with bench.connect() as connection:
        lifecycle.fail(connection, run.run_id, "given up")

    for validate in (bench.pipeline.validate_features, bench.pipeline.validate_decisions):
        with pytest.raises(ContractError, match="is failed"):
            validate(run.run_id)
    assert bench.db.rows("select from pg_class where relname like 'claim_%'") == []


def test_a_delivery_that_lost_its_landed_rows_is_admitted_by_the_same_run(
    migrated: Db, landing: Callable[[str], None]
) -> None:
    landing("one.csv")
    landing("two.csv")
    received = steps.ingest()
    crash(migrated)
    validations = steps.validate_raw(received)
    assert [receipt["verdict"] for receipt in validations] == ["passed", "passed"]
    crash(migrated)

    admitted = steps.admit(validations)

    assert sum(receipt["rows_in_file"] for receipt in admitted) == sum(
        receipt["rows_in_file"] for receipt in received
    )
    assert migrated.rows(
        "select object_name, count(*) filter (where state = 'admitted'), "
        "count(*) filter (where state = 'discarded') from raw.deliveries group by 1 order by 1"
    ) == [(f"{deliveries.FOLDER}/{name}.csv", 1, 2) for name in ("one", "two")]
    # a retry of the task has the same inputs and finds all deliveries admitted
    assert steps.admit(validations) == []
