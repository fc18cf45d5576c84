"""A run goes from claim to ledger on a real Postgres, dbt and model."""

from __future__ import annotations

import json

import psycopg
import pyarrow.parquet as pq
import pytest

from features.platform.errors import ContractError
from scoring.runs import lifecycle
from scoring.runs.job import quoted
from tests.builders import NOON
from tests.integration.scoring.conftest import HOUR, Bench, some_transactions


def test_every_claimed_row_is_in_the_ledger_once(bench: Bench) -> None:
    bench.admit(some_transactions(7))

    run = bench.decide()

    assert run.state == "published"
    assert len(bench.decisions()) == run.rows_claimed == 7
    bench.assert_closes()


def test_a_published_window_is_not_decided_again(bench: Bench) -> None:
    bench.admit(some_transactions(3))
    first = bench.decide()
    before = bench.decisions("transaction_id, revision, decided_at")

    again = bench.decide(requested_by="another run")

    assert again.run_id == first.run_id
    assert bench.decisions("transaction_id, revision, decided_at") == before


def test_an_empty_window_is_published_as_empty(bench: Bench) -> None:
    run = bench.decide()

    assert (run.state, run.rows_claimed) == ("published", 0)
    bench.assert_closes()


def test_a_row_of_an_undecided_window_waits_for_that_window(bench: Bench) -> None:
    bench.admit(some_transactions(2))

    bench.decide(NOON + HOUR)

    assert bench.decisions() == []
    assert bench.versions()["pending"] == 2


def test_history_is_never_decided(bench: Bench) -> None:
    bench.admit(some_transactions(3, is_history=True))

    run = bench.decide()

    assert run.rows_claimed == 0
    assert bench.versions()["history"] == 3


def test_a_failed_run_leaves_no_rows_and_its_window_can_be_claimed(bench: Bench) -> None:
    bench.admit(some_transactions(2))
    run = bench.claim()
    bench.build()
    bench.score(run.run_id)

    with bench.connect() as connection:
        assert lifecycle.fail(connection, run.run_id, "a gate said no")

    assert (
        bench.db.rows(
            "select 1 from pg_class as c join pg_namespace as n on n.oid = c.relnamespace "
            "where n.nspname = 'scored' and c.relkind in ('r', 'v')"
        )
        == []
    )
    assert bench.decide().rows_claimed == 2


def test_rows_without_features_stop_the_run(bench: Bench) -> None:
    bench.admit(some_transactions(2))
    run = bench.claim()

    with pytest.raises(ContractError, match="run the step `build`"):
        bench.score(run.run_id)


def test_only_a_validated_run_is_published(bench: Bench) -> None:
    run = bench.claim()

    with pytest.raises(ContractError, match="is claimed"):
        bench.publish(run.run_id)


def test_a_row_decided_by_another_run_stops_the_whole_publication(bench: Bench) -> None:
    bench.admit(some_transactions(2, customer_id="c"))
    run = bench.claim()
    bench.build()
    bench.score(run.run_id)
    with bench.db.superuser() as connection:
        table = quoted(run.tables.decisions).as_string(connection)
        columns = "transaction_id"
        first = connection.execute(f"select min({columns}) from {table}".encode()).fetchone()
        names = [
            name
            for (name,) in connection.execute(
                "select column_name from information_schema.columns where table_schema = "
                "'decisions' and table_name = 'transaction_decisions' order by ordinal_position"
            )
        ]
        listed = ", ".join(names)
        connection.execute(
            f"insert into decisions.transaction_decisions ({listed}) "
            f"select {listed} from {table} where transaction_id = %s".encode(),
            first,
        )

    with pytest.raises(ContractError, match="decided already"):
        bench.publish(run.run_id)

    assert len(bench.decisions()) == 1


def test_the_published_file_equals_its_manifest(bench: Bench, tmp_path_factory: object) -> None:
    bench.admit(some_transactions(6))
    run = bench.decide()
    assert run.parquet is not None
    folder = f"published/transaction_decisions/run={run.run_id}"

    with bench.store.open(f"{folder}/manifest.json") as handle:
        manifest = json.load(handle)
    with bench.store.open(f"{folder}/{manifest['file']}") as handle:
        table = pq.read_table(handle)

    assert table.num_rows == manifest["rows"] == 6
    assert sorted(table["transaction_id"].to_pylist()) == [
        row[0] for row in bench.decisions("transaction_id")
    ]


def test_a_manifest_that_was_never_written_is_written_by_a_second_publish(bench: Bench) -> None:
    bench.admit(some_transactions(1))
    run = bench.decide()
    name = f"published/transaction_decisions/run={run.run_id}/manifest.json"
    bench.store.delete(name)

    bench.publish(run.run_id)

    assert bench.store.exists(name)


@pytest.mark.parametrize("statement", ["delete from", "truncate", "update"])
def test_no_role_changes_a_decision(bench: Bench, statement: str) -> None:
    suffix = " set decision = 'approve'" if statement == "update" else ""
    query = f"{statement} decisions.transaction_decisions{suffix}".encode()
    for role in ("ingest", "transform", "score", "analyst"):
        with bench.db.connect(role) as connection:  # type: ignore[arg-type]
            with pytest.raises(
                (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)
            ):
                connection.execute(query)
            connection.rollback()
