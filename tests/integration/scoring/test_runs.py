"""A run from claim to ledger, on a real Postgres, dbt and model."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta

import psycopg
import pyarrow.parquet as pq
import pytest

from features import failpoints
from features.errors import ConfigurationError, ContractError, FencedError
from scoring import claims, closure, leases, model_files, runs
from scoring.claim import in_turn
from scoring.decision import activations
from scoring.jobs import SCORE_TRANSACTIONS, quoted
from scoring.runs import RunOpenError
from tests.builders import NOON, a_transaction
from tests.integration.scoring.conftest import HOUR, Bench

MINUTE = timedelta(minutes=1)


def some_transactions(count: int, **overrides: object) -> list[dict[str, object]]:
    return [
        a_transaction(occurred_at=NOON + i * MINUTE, known_at=NOON + HOUR, customer_id=f"c{i % 3}")
        | overrides
        for i in range(count)
    ]


def closes(bench: Bench) -> bool:
    with bench.connect() as connection:
        return all(e.holds for e in closure.equations(connection, SCORE_TRANSACTIONS))


def versions(bench: Bench) -> dict[str, int]:
    with bench.connect() as connection:
        found = closure.equations(connection, SCORE_TRANSACTIONS)
    return next(e.terms for e in found if e.subject.startswith("versions"))


def test_every_claimed_row_stands_in_the_ledger_once(bench: Bench) -> None:
    bench.admit(some_transactions(7))

    run = bench.decide()

    assert run.state == "published"
    assert len(bench.decisions()) == run.rows_claimed == 7
    assert closes(bench)


def test_a_published_window_is_not_decided_again(bench: Bench) -> None:
    bench.admit(some_transactions(3))
    first = bench.decide()
    before = bench.decisions("transaction_id, revision, decided_at")

    again = bench.decide(requested_by="somebody else")

    assert again.run_id == first.run_id
    assert bench.decisions("transaction_id, revision, decided_at") == before


def test_an_empty_window_is_published_as_empty(bench: Bench) -> None:
    run = bench.decide()

    assert (run.state, run.rows_claimed) == ("published", 0)
    assert closes(bench)


def test_a_late_row_is_taken_by_the_next_run(bench: Bench) -> None:
    bench.admit(some_transactions(2))
    bench.decide()
    bench.admit([a_transaction(transaction_id="late", known_at=NOON + 2 * HOUR)])

    run = bench.decide(NOON + HOUR)

    assert run.rows_claimed == 1
    assert ("late",) in bench.decisions("transaction_id")
    assert closes(bench)


def test_a_row_of_a_window_that_nobody_ran_waits_for_it(bench: Bench) -> None:
    bench.admit(some_transactions(2))

    bench.decide(NOON + HOUR)

    assert bench.decisions() == []
    assert versions(bench)["pending"] == 2


def test_history_is_never_decided(bench: Bench) -> None:
    bench.admit(some_transactions(3, is_history=True))

    run = bench.decide()

    assert run.rows_claimed == 0
    assert versions(bench)["history"] == 3


def test_a_correction_of_a_decided_row_waits_for_a_restatement(bench: Bench) -> None:
    bench.admit([a_transaction(transaction_id="t")])
    bench.decide()
    bench.admit(
        [a_transaction(transaction_id="t", version=2, amount_minor=9_900, known_at=NOON + HOUR)]
    )

    run = bench.decide(NOON + HOUR)

    assert run.rows_claimed == 0
    assert versions(bench)["correction"] == 1


def test_a_row_that_was_corrected_before_its_run_is_decided_as_corrected(bench: Bench) -> None:
    bench.admit([a_transaction(transaction_id="t")])
    bench.admit(
        [a_transaction(transaction_id="t", version=2, amount_minor=9_900, known_at=NOON + HOUR)]
    )

    bench.decide()

    assert bench.decisions("transaction_id, version") == [("t", 2)]
    assert versions(bench)["replaced"] == 1
    assert closes(bench)


def test_a_restatement_adds_a_revision_and_keeps_the_old_decision(bench: Bench) -> None:
    bench.admit([a_transaction(transaction_id="t")])
    bench.decide()
    bench.admit(
        [a_transaction(transaction_id="t", version=2, amount_minor=9_900, known_at=NOON + HOUR)]
    )

    bench.decide(kind="restate", requested_by="ann", reason="wrong amount", restated_ids=("t",))

    assert bench.decisions("revision, version") == [(0, 1), (1, 2)]
    assert bench.db.rows(
        "select revision from serving.latest_transaction_decisions where transaction_id = 't'"
    ) == [(1,)]
    assert closes(bench)


def test_a_restatement_that_is_run_again_finds_itself_published(bench: Bench) -> None:
    bench.admit([a_transaction(transaction_id="t")])
    bench.decide()
    asked = {"kind": "restate", "reason": "wrong amount", "restated_ids": ("t",)}
    first = bench.decide(requested_by="ann (manual__1)", **asked)

    cleared = bench.decide(requested_by="ann (manual__1)", **asked)
    wished_again = bench.decide(requested_by="ann (manual__2)", **asked)

    assert cleared.run_id == first.run_id != wished_again.run_id
    assert bench.decisions("revision") == [(0,), (1,), (2,)]


def test_a_restatement_of_what_was_never_decided_is_refused(bench: Bench) -> None:
    with pytest.raises(ContractError, match="only 0 have been decided"):
        bench.claim(kind="restate", reason="r", requested_by="ann", restated_ids=("t",))


def test_nothing_is_restated_without_ids_and_a_reason(bench: Bench) -> None:
    bench.admit([a_transaction(transaction_id="t")])
    asked = {"kind": "restate", "requested_by": "ann", "reason": "r", "restated_ids": ("t",)}
    half: list[dict[str, object]] = [
        {"reason": None},
        {"reason": "  "},
        {"restated_ids": ()},
        {"kind": "scheduled"},
        {"kind": "manual", "reason": None},
    ]

    for changed in half:
        with pytest.raises(ContractError, match="a restatement names"):
            bench.claim(**(asked | changed))

    assert bench.db.rows("select 1 from decisions.runs") == []


def test_two_runs_of_a_job_are_never_open_at_once(bench: Bench) -> None:
    run = bench.claim()

    with pytest.raises(RunOpenError, match=str(run.run_id)):
        bench.claim(NOON + HOUR)


def test_a_published_window_is_found_while_another_one_is_open(bench: Bench) -> None:
    published = bench.decide()
    bench.claim(NOON + HOUR)

    assert bench.claim(requested_by="somebody else").run_id == published.run_id


def test_a_window_waits_for_its_turn(bench: Bench) -> None:
    open_run = bench.claim()

    def end_it() -> None:
        with bench.connect() as connection:
            runs.fail(connection, open_run.run_id, "ended by hand")

    ending = threading.Timer(0.5, end_it)
    ending.start()
    waited = in_turn(lambda: bench.claim(NOON + HOUR), timedelta(minutes=1))
    ending.join()

    assert waited.window_start == NOON + HOUR


def test_a_window_does_not_wait_for_ever(bench: Bench) -> None:
    bench.claim()

    with pytest.raises(RunOpenError, match="is open for window"):
        in_turn(lambda: bench.claim(NOON + HOUR), timedelta())


def test_a_retried_claim_finds_its_own_run(bench: Bench) -> None:
    assert bench.claim().run_id == bench.claim().run_id


def test_a_run_that_has_not_moved_for_half_an_hour_gives_way(bench: Bench) -> None:
    stale = bench.claim()
    with bench.db.superuser() as connection:
        connection.execute("update decisions.runs set claimed_at = claimed_at - interval '31 min'")

    fresh = bench.claim(NOON + HOUR)

    with bench.connect() as connection:
        assert runs.load(connection, stale.run_id).state == "failed"
        assert runs.load(connection, fresh.run_id).state == "claimed"


def test_a_failed_run_leaves_nothing_behind_and_its_window_can_be_claimed(bench: Bench) -> None:
    bench.admit(some_transactions(2))
    run = bench.claim()
    bench.build()
    bench.score(run.run_id)

    with bench.connect() as connection:
        assert runs.fail(connection, run.run_id, "a gate said no")

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


def test_a_row_that_somebody_else_has_decided_stops_the_publishing_whole(bench: Bench) -> None:
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


def test_an_orphan_of_a_taken_over_attempt_writes_nothing(bench: Bench) -> None:
    bench.admit(some_transactions(2))
    run = bench.claim()
    with bench.connect() as orphan, bench.connect() as successor:
        old = leases.take(orphan, run.run_id, "score")
        new = leases.take(successor, run.run_id, "score")
        assert new.epoch == old.epoch + 1
        with pytest.raises(psycopg.OperationalError):
            orphan.execute("select 1")

    with bench.connect() as connection, pytest.raises(FencedError), connection.transaction():
        old.advance(connection)


def test_an_orphan_that_was_frozen_in_mid_copy_is_refused_and_recorded(bench: Bench) -> None:
    bench.admit(some_transactions(6))
    run = bench.claim()
    bench.build()

    def be_overtaken() -> None:
        bench.score(run.run_id)

    failpoints.on_reach("mid_copy", be_overtaken)
    with pytest.raises(FencedError, match="attempt 1 at score"):
        bench.score(run.run_id)

    bench.publish(run.run_id)
    assert len(bench.decisions()) == 6
    assert bench.db.rows(
        "select subject, detail ->> 'epoch' from audit.events where event = 'attempt_fenced'"
    ) == [(str(run.run_id), "1")]


def test_a_lost_connection_that_nobody_took_over_is_no_fence(bench: Bench) -> None:
    bench.admit(some_transactions(2))
    run = bench.claim()
    bench.build()

    def lose_the_connection() -> None:
        bench.db.rows(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and usename = 'score'"
        )

    failpoints.on_reach("mid_copy", lose_the_connection)
    with pytest.raises(psycopg.OperationalError):
        bench.score(run.run_id)

    bench.score(run.run_id)
    bench.publish(run.run_id)
    assert len(bench.decisions()) == 2


def test_an_attempt_goes_on_where_the_last_one_ended(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # three rows a chunk, so that a handful of rows makes several
    monkeypatch.setattr(claims, "CHUNK_ROWS", 3)
    bench.admit(some_transactions(8))
    run = bench.claim()
    bench.build()
    bench.score(run.run_id)
    with bench.db.superuser() as connection:
        table = quoted(run.tables.decisions).as_string(connection)
        kept = connection.execute(f"delete from {table} where chunk = 2".encode()).rowcount
        assert kept == 2
        connection.execute("update decisions.leases set chunks_done = 2")
        connection.execute("update decisions.runs set state = 'claimed'")
        before = connection.execute(f"select max(decided_at) from {table}".encode()).fetchone()

    bench.score(run.run_id)

    assert bench.db.rows(
        f"select count(*) filter (where decided_at <= %s), count(*) from {table}", *before
    ) == [(6, 8)]


def test_a_crash_that_empties_the_unlogged_tables_only_costs_time(bench: Bench) -> None:
    bench.admit(some_transactions(5))
    run = bench.claim()
    bench.build()
    bench.score(run.run_id)
    with bench.db.superuser() as connection:
        for name in (run.tables.decisions, run.tables.claim):
            connection.execute(f"truncate {quoted(name).as_string(connection)}".encode())
        connection.execute("update decisions.runs set state = 'claimed'")

    bench.score(run.run_id)
    bench.publish(run.run_id)

    assert len(bench.decisions()) == 5
    assert closes(bench)


def test_a_lost_model_file_degrades_every_row_and_approves_none(bench: Bench) -> None:
    bench.admit(some_transactions(4))
    bench.pins = replace(
        bench.pins, models={"fraud": {**bench.pins.models["fraud"], "sha256": "f" * 64}}
    )

    run = bench.decide()

    assert run.rows_degraded == 4
    found = bench.decisions("decision, fraud_status, reasons -> 0 ->> 'code'")
    assert set(found) == {("review", "model_unavailable", "model_unavailable")}
    assert closes(bench)


def test_a_model_that_wants_an_unknown_feature_is_refused_by_name(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.admit(some_transactions(2))
    run = bench.claim()
    bench.build()
    load = model_files.load

    def with_shoes(*arguments: object) -> object:
        model = load(*arguments)  # type: ignore[arg-type]
        model.features = [*model.features[:-1], "colour_of_shoes"]
        return model

    # a model of another view: the file is ours, and only its list of columns is not
    monkeypatch.setattr(model_files, "load", with_shoes)
    with pytest.raises(ContractError, match=r"does not have: colour_of_shoes"):
        bench.score(run.run_id)


def test_a_row_without_an_exchange_rate_is_reviewed_and_says_so(bench: Bench) -> None:
    bench.admit([a_transaction(currency_code="CHF", amount_base_minor=None)])

    bench.decide()

    assert bench.decisions("decision, is_degraded, reasons -> 0 ->> 'code'") == [
        ("review", True, "no_fx_rate")
    ]


def test_a_large_amount_is_declined_with_the_amount_as_a_reason(bench: Bench) -> None:
    bench.admit([a_transaction(amount_minor=20_000), a_transaction(amount_minor=100)])

    bench.decide()

    (large, reasons), (small, none) = bench.decisions("decision, reasons")
    assert (large, small) == ("decline", "approve")
    assert reasons[0]["origin"] == "model"
    assert none == []


def test_the_published_file_is_what_its_manifest_says(
    bench: Bench, tmp_path_factory: object
) -> None:
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


def test_a_policy_that_nobody_approved_decides_nothing(bench: Bench) -> None:
    with bench.db.superuser() as connection:
        connection.execute("delete from audit.policy_activations")
    with bench.connect() as connection, pytest.raises(ConfigurationError, match="no policy"):
        activations.in_force(connection)


def test_nobody_approves_their_own_policy(bench: Bench) -> None:
    with bench.connect() as connection, pytest.raises(ConfigurationError, match="cannot approve"):
        activations.activate(connection, "2026.11.1", author="Ann", approver="ann ", reason="self")


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


def test_pins_never_change(bench: Bench) -> None:
    run = bench.claim()

    for column in ("models", "policy_version", "known_at_cutoff", "rows_claimed", "window_start"):
        query = f"update decisions.runs set {column} = {column} where run_id = %s".encode()
        with bench.connect() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(query, (run.run_id,))


def crash_of(bench: Bench, run: runs.Run) -> None:
    """Empty what is unlogged, as a crash of the server does."""
    with bench.db.superuser() as connection:
        for name in (run.tables.decisions, run.tables.claim):
            connection.execute(f"truncate {quoted(name).as_string(connection)}".encode())


@pytest.mark.parametrize("state", ["scored", "validated"])
def test_a_scored_run_whose_rows_a_crash_took_is_scored_again(bench: Bench, state: str) -> None:
    bench.admit(some_transactions(5))
    run = bench.claim()
    bench.build()
    bench.score(run.run_id)
    if state == "validated":
        with bench.connect() as connection:
            runs.mark_validated(connection, run.run_id)
    crash_of(bench, run)

    with pytest.raises(ContractError, match="lost in a crash of the server"):
        bench.publish(run.run_id)
    bench.score(run.run_id)
    bench.publish(run.run_id)

    assert len(bench.decisions()) == 5
    assert closes(bench)


def test_a_scored_run_that_is_whole_is_not_scored_again(bench: Bench) -> None:
    bench.admit(some_transactions(3))
    run = bench.claim()
    bench.build()
    bench.score(run.run_id)
    table = bench.db.rows(f"select decided_at from {run.tables.decisions} order by 1")

    bench.score(run.run_id)

    assert bench.db.rows(f"select decided_at from {run.tables.decisions} order by 1") == table
