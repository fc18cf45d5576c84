"""The challenger decides published rows once more: into its own ledger, and without any effect."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from features.platform import failpoints
from features.platform.errors import ModelUnavailableError
from infra.local.postgres import Cluster
from scoring.evidence.replay import Selection
from scoring.fraud.model import FraudModel
from scoring.models import gate_plan
from scoring.runs import leases, record
from scoring.runs.pins import ModelPin
from scoring.runs.record import Run
from scoring.shadow import challenger, comparison, ledger
from scoring.shadow import run as shadows
from scoring.shadow.ledger import Shadow, State
from scoring.shadow.standing import expired_at
from scoring.shadow.standing import of as standing_of
from scoring.steps import shadow as step
from tests.conftest import Db
from tests.integration.scoring.conftest import Bench, a_fraud_model
from tests.integration.scoring.copies import a_copy, decided_once
from tests.integration.scoring.test_replay import an_hour, replayed

ROWS = 40


@pytest.fixture(scope="module")
def standing(
    cluster: Cluster,
    built_template: str,
    model_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Bench]:
    """A warehouse with an hour of forty decisions, and a challenger's file in its store."""
    folder = tmp_path_factory.mktemp("shadowed")
    with decided_once(cluster, built_template, folder, model_file, an_hour(ROWS)) as bench:
        path = a_fraud_model(folder, seed=8, is_fraud=lambda amount: amount > 30)
        bench.store.put(_pin(path).object_name, path)
        CHALLENGER["pin"] = _pin(path)
        yield bench


CHALLENGER: dict[str, ModelPin] = {}


def _pin(path: Path, version: str = "2") -> ModelPin:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return ModelPin("fraud_transactions", version, digest, "", "")


@dataclass
class Theatre:
    """A copy of the warehouse, its published run and its challenger."""

    bench: Bench
    pin: ModelPin

    @property
    def run(self) -> Run:
        with self.bench.connect() as connection:
            (run_id,) = self.bench.db.rows("select run_id from decisions.runs")[0]
            return record.load(connection, run_id)

    def shadow(self, pin: ModelPin | None = None, **settings: Any) -> Shadow:
        pin = pin or self.pin
        changed = self.bench.db.settings.model_copy(update=settings)

        def load() -> challenger.Challenger:
            return challenger.load(self.bench.job, pin, changed, self.bench.store)

        found = shadows.shadow(self.run, shadows.Order(self.bench.job, pin, load), changed)
        assert found is not None
        return found

    def would_be(self, columns: str = "subject_id, decision, score") -> list[tuple[Any, ...]]:
        return self.bench.db.rows(
            f"select {columns} from decisions.shadow_decisions order by subject_id, revision"
        )


@pytest.fixture
def theatre(standing: Bench, cluster: Cluster, tmp_path: Path) -> Iterator[Theatre]:
    with a_copy(cluster, standing, tmp_path) as bench:
        yield Theatre(bench, CHALLENGER["pin"])
    failpoints.disarm()


def test_a_shadow_decides_every_published_row_as_the_challenger_would_have(
    theatre: Theatre,
) -> None:
    before = theatre.bench.decisions("transaction_id, decision, fraud_probability")

    done = theatre.shadow(chunk_rows=15)

    assert (done.state, done.rows_decided, done.rows_published) == (State.DONE, ROWS, ROWS)
    assert done.failure is None
    would_be = theatre.would_be()
    assert [row[0] for row in would_be] == [row[0] for row in before]
    assert [row[2] for row in would_be] != [row[2] for row in before]
    # a run that pins the challenger as its champion decides the same rows
    theatre.bench.pins = replace(theatre.bench.pins, models={"fraud": asdict(theatre.pin)})
    again = theatre.bench.claim(
        kind="restate",
        requested_by="ann",
        reason="the challenger decides",
        restated_ids=tuple(row[0] for row in before),
    )
    theatre.bench.score(again.run_id)
    theatre.bench.publish(again.run_id)
    assert would_be == theatre.bench.db.rows(
        "select transaction_id, decision, fraud_probability "
        "from decisions.transaction_decisions where revision = 1 order by transaction_id"
    )


def test_a_shadow_leaves_the_ledger_its_seals_and_its_replay_as_they_were(
    theatre: Theatre,
) -> None:
    digests = "select run_id, seal, parquet from decisions.runs"
    before = theatre.bench.db.rows(digests)

    theatre.shadow()

    assert theatre.bench.db.rows(digests) == before
    theatre.bench.assert_closes()
    assert replayed(theatre.bench, Selection()).holds


def test_a_second_shadow_of_a_run_does_nothing(theatre: Theatre) -> None:
    first = theatre.shadow()
    written = theatre.would_be("shadow_id, subject_id")

    second = theatre.shadow()

    assert second == first
    assert theatre.would_be("shadow_id, subject_id") == written


def test_a_shadow_that_breaks_goes_on_after_its_last_chunk(theatre: Theatre) -> None:
    failpoints.on_reach("mid_shadow", _break, hit=2)

    broken = theatre.shadow(chunk_rows=15)
    left = len(theatre.would_be())
    done = theatre.shadow(chunk_rows=10)

    assert (broken.state, broken.rows_decided, left) == (State.FAILED, 15, 15)
    assert broken.failure == "the challenger failed (ZeroDivisionError)"
    assert (done.state, done.rows_decided) == (State.DONE, ROWS)
    assert len(theatre.would_be()) == ROWS


def _break() -> None:
    raise ZeroDivisionError("row-value-5e1f: a model may quote its inputs")


def test_a_slow_challenger_stops_at_its_budget_and_says_how_far_it_got(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadows, "LEAST_SECONDS", 0.3)
    failpoints.on_reach("mid_shadow", lambda: time.sleep(0.4))

    stopped = theatre.shadow(chunk_rows=15, shadow_budget=1e-9)

    assert (stopped.state, stopped.rows_decided) == (State.FAILED, 15)
    assert "too slow" in str(stopped.failure)
    assert "decided 15 of 40 rows" in str(stopped.failure)


def test_a_challenger_that_hangs_is_left_after_its_time_limit(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FraudModel, "score", lambda *_: time.sleep(5))

    hung = theatre.shadow(model_timeout_seconds=0.2)

    assert (hung.state, hung.rows_decided) == (State.FAILED, 0)
    assert "answered for none of 40 rows (model_timed_out)" in str(hung.failure)


def test_an_altered_file_is_never_loaded_and_the_shadow_says_so(theatre: Theatre) -> None:
    theatre.bench.store.put(theatre.pin.object_name, b"no model")

    refused = theatre.shadow()

    assert refused.state == State.FAILED
    assert "the file was altered" in str(refused.failure)
    assert theatre.would_be() == []


def test_the_newer_of_two_attempts_at_a_shadow_writes(theatre: Theatre) -> None:
    run = theatre.run

    def overtake() -> None:
        with theatre.bench.connect() as connection:
            found = ledger.find(connection, run.run_id, theatre.pin)
            leases.take(connection, run.run_id, found.step)

    failpoints.on_reach("mid_shadow", overtake, hit=2)
    fenced = theatre.shadow(chunk_rows=15)

    assert (fenced.state, fenced.rows_decided, fenced.failure) == (State.CLAIMED, 15, None)
    assert theatre.shadow().rows_decided == ROWS


def test_the_champion_of_a_run_does_not_shadow_it(theatre: Theatre) -> None:
    champion = theatre.run.pin("fraud")
    assert champion is not None

    skipped = theatre.shadow(replace(champion, version="7"))

    assert (skipped.state, skipped.rows_decided) == (State.SKIPPED, 0)
    assert "has decided this run itself" in str(skipped.failure)


def test_a_registry_that_is_away_leaves_a_record_and_no_error(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise ModelUnavailableError("the model registry failed; check that MLflow runs")

    monkeypatch.setattr(challenger, "resolve", away)
    settings, store = theatre.bench.db.settings, theatre.bench.store

    found = step.shadow(theatre.bench.job, theatre.run.run_id, settings, store)

    assert found is not None
    assert (found.state, found.version, found.rows_decided) == (State.FAILED, "", 0)
    assert found.failure == "the model registry failed; check that MLflow runs"


def test_without_a_challenger_a_shadow_leaves_no_trace(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(challenger, "resolve", lambda *_: None)
    settings, store = theatre.bench.db.settings, theatre.bench.store

    found = step.shadow(theatre.bench.job, theatre.run.run_id, settings, store)

    assert found is None
    assert theatre.bench.db.rows("select count(*) from decisions.shadow_runs") == [(0,)]


def test_the_comparison_counts_what_the_challenger_would_have_changed(theatre: Theatre) -> None:
    theatre.shadow()
    pairs = theatre.bench.db.rows(
        "select ledger.decision, decided.decision, features.amount::float8, "
        "decided.score - ledger.fraud_probability, ledger.reasons, decided.reasons "
        "from decisions.transaction_decisions as ledger "
        "inner join decisions.shadow_decisions as decided "
        "on decided.subject_id = ledger.transaction_id and decided.revision = ledger.revision "
        "inner join marts.feat_transactions as features "
        "on features.transaction_id = ledger.transaction_id"
    )

    with theatre.bench.db.connect("analyst") as connection:
        found = comparison.read(connection, theatre.pin.name, theatre.pin.version)
        (day,) = connection.execute(
            "select segment, decision_count, agreeing_count, stricter_count + milder_count, "
            "other_reasons_count, stricter_amount + milder_amount, mean_score_difference "
            "from serving.shadow_comparison"
        )

    assert (found.days, found.decisions) == (1, ROWS)
    flows = Counter((champion, other) for champion, other, *_ in pairs)
    assert {(f.champion_decision, f.challenger_decision): f.decisions for f in found.flows} == flows
    assert len(flows) > 1
    swapped = [pair for pair in pairs if pair[0] != pair[1]]
    codes = [[{reason["code"] for reason in side} for side in pair[4:]] for pair in pairs]
    appears = sum((Counter(after - before) for before, after in codes), Counter())
    assert {r.reason_code: r.appears for r in found.reasons if r.appears} == appears
    assert day[:5] == (
        "web",
        ROWS,
        ROWS - len(swapped),
        len(swapped),
        sum(before != after for before, after in codes),
    )
    assert float(day[5]) == pytest.approx(sum(pair[2] for pair in swapped))
    assert day[6] == pytest.approx(found.mean_score_difference)
    assert found.mean_score_difference == pytest.approx(sum(pair[3] for pair in pairs) / ROWS)
    assert found.agreement == pytest.approx(1 - len(swapped) / ROWS)


def test_the_standing_counts_days_and_rows_of_the_challenger(theatre: Theatre) -> None:
    theatre.shadow()

    with theatre.bench.connect() as connection:
        found = standing_of(connection, theatre.pin)
        other = standing_of(connection, replace(theatre.pin, version="3"))

    assert (found.days, found.rows, found.failures) == (1, ROWS, 0)
    assert (other.days, other.rows) == (0, 0)


def test_a_shadow_expires_and_a_person_can_extend_it(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(challenger, "resolve", lambda *_: theatre.pin)
    settings, store = theatre.bench.db.settings, theatre.bench.store
    pin, plan = theatre.pin, gate_plan.load(theatre.pin.name)
    assert plan is not None
    theatre.shadow()
    with theatre.bench.db.superuser() as connection:
        connection.execute(
            "update decisions.shadow_runs set state = 'failed', failure = 'slow', "
            "claimed_at = claimed_at - make_interval(days => %s)",
            (plan.shadow.longest_days,),
        )

    over = step.shadow(theatre.bench.job, theatre.run.run_id, settings, store)
    with theatre.bench.db.superuser() as connection:
        connection.execute(
            "insert into audit.model_decisions (model, decision_seq, action, version, sha256, "
            "person, reason, source) values (%s, 1, 'extend', %s, %s, 'ann', 'so far', 'command')",
            (pin.name, pin.version, pin.sha256),
        )
    with theatre.bench.connect() as connection:
        extended = expired_at(connection, pin, plan.shadow.longest_days)

    assert over is not None
    assert (over.state, extended) == (State.SKIPPED, None)
    assert f"after {plan.shadow.longest_days} days" in str(over.failure)


def test_would_be_decisions_can_only_be_added(migrated: Db) -> None:
    with migrated.connect("score") as connection:
        granted = connection.execute(
            "select array_agg(privilege order by privilege) from unnest(array["
            "'select', 'insert', 'update', 'delete', 'truncate']) as privilege "
            "where has_table_privilege('decisions.shadow_decisions', privilege)"
        ).fetchone()

    assert granted == (["insert", "select"],)
