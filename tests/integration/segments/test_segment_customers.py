"""Two shops: their customers get a segment every night, and each one can be proven again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest
from mlflow import MlflowClient

from scoring.commands.explain import text_of
from scoring.evidence import closure
from scoring.evidence.explain import explain
from scoring.evidence.replay import Selection
from scoring.evidence.verification import verify
from scoring.models import registry
from scoring.runs.record import Run
from scoring.segments.identity import LEAST_AGREEMENT
from scoring.segments.job import JOB
from scoring.steps.pipeline import STEPS
from tests.integration.segments.conftest import CUSTOMERS, DAY, FIRST, SLEEPER, Shops

SECOND, THIRD = FIRST + DAY, FIRST + 2 * DAY
RESTATED = f"big/c0/{FIRST.date()}"


@dataclass(frozen=True)
class Decided:
    """Two nights with the first model, a restatement, and a night after a refit."""

    shops: Shops
    first: Run
    steps: dict[str, Any]
    second: Run
    third: Run

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a query as superuser."""
        return self.shops.rows(query, *parameters)


@pytest.fixture(scope="module")
def decided(shops: Shops) -> Decided:
    """Decide three nights; the model is refitted before the third."""
    first, steps = shops.decide(FIRST)
    second, _ = shops.decide(SECOND)
    shops.restate(RESTATED)
    refit = shops.train(start=FIRST, end=THIRD)
    assert refit.alias == registry.CHAMPION
    third, _ = shops.decide(THIRD)
    return Decided(shops, first, steps, second, third)


def test_the_first_model_is_champion_and_has_its_page(shops: Shops) -> None:
    receipt, address = shops.receipt, shops.settings.registry.tracking_uri

    version = MlflowClient(address).get_model_version(JOB.model.name, receipt.version)
    artifacts = {item.path for item in MlflowClient(address).list_artifacts(version.run_id or "")}

    assert (receipt.version, receipt.alias) == ("1", registry.CHAMPION)
    assert version.tags["training_end"] == "2026-02-28"
    assert artifacts == {
        *("model_card.md", "segments.png", "stability.png", "migration.png", "retention.png"),
    }


def test_a_run_takes_all_eight_steps_and_its_gates_pass(decided: Decided) -> None:
    assert list(decided.steps) == list(STEPS)
    assert decided.first.state == decided.second.state == decided.third.state == "published"
    verdicts = decided.rows("select distinct suite, verdict from audit.validation_results")
    suites = {suite for suite, _ in verdicts}
    assert suites >= {JOB.gates.features.name, JOB.gates.decisions.name}
    assert {verdict for _, verdict in verdicts} <= {"passed", "warned"}


def test_every_customer_with_activity_has_exactly_one_segment_a_night(decided: Decided) -> None:
    [(nights, customers, segments)] = decided.rows(
        "select count(*), count(distinct (customer_night_id)), count(segment) "
        "from decisions.customer_segments where revision = 0"
    )
    [(expected,)] = decided.rows("select count(*) from raw.customer_nights where not is_history")

    assert nights == customers == segments == expected
    assert expected >= 3 * sum(CUSTOMERS.values()) - 6


def test_the_second_night_follows_the_first(decided: Decided) -> None:
    kept = decided.rows(
        "select count(*) filter (where later.previous_segment = earlier.segment), count(*) "
        "from decisions.customer_segments as earlier "
        "inner join decisions.customer_segments as later using (merchant_id, customer_id) "
        "where earlier.day_at = %s and later.day_at = %s "
        "and earlier.revision = 0 and later.revision = 0",
        FIRST,
        SECOND,
    )

    assert kept[0][0] == kept[0][1] > 200
    reasons = dict(
        decided.rows(
            "select day_at::date::text || coalesce(move_reason, ''), count(*) "
            "from decisions.customer_segments group by 1"
        )
    )
    assert reasons["2026-03-01new"] == kept[0][1] + 1  # the restatement is new as well
    assert reasons["2026-03-02"] > 0.9 * kept[0][1]


def test_a_customer_who_buys_after_a_year_of_silence_moves_the_same_night(
    decided: Decided,
) -> None:
    nights = decided.rows(
        "select segment_name, move_reason from decisions.customer_segments "
        "where customer_id = %s and revision = 0 order by day_at limit 2",
        SLEEPER,
    )

    assert nights[0] == (nights[0][0], "new")
    assert "inactive" in nights[0][0]
    assert nights[1][1] == "purchase"
    assert "inactive" not in nights[1][0]


def test_a_refit_keeps_the_segments_and_is_an_event(decided: Decided) -> None:
    [(version, moved)] = decided.rows(
        "select max(model_version), count(*) filter (where move_reason is not null) "
        "from decisions.customer_segments where day_at = %s",
        THIRD,
    )
    events = decided.rows(
        "select event, detail -> 'merchants' -> 'all' ->> 'agreement' from audit.events "
        "where subject = %s order by occurred_at",
        JOB.model.name,
    )

    assert version == "2"
    assert moved < 30
    assert [event for event, _ in events] == ["segments_refitted"] * 2
    assert events[0][1] is None
    assert float(events[1][1]) >= LEAST_AGREEMENT


def test_everything_adds_up_down_to_the_published_files(decided: Decided) -> None:
    conninfo = decided.shops.settings.warehouse.conninfo("score")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        equations = closure.equations(connection, JOB, store=decided.shops.store)

    assert [str(equation) for equation in equations if not equation.holds] == []


def test_every_segment_and_its_features_replay_to_the_same_bits(decided: Decided) -> None:
    verification = verify(JOB, Selection(), decided.shops.settings, decided.shops.store)

    assert verification.as_dict()["differences"] == []
    assert verification.holds
    assert verification.replay.degraded == 0
    assert verification.rebuild is not None


def test_a_restatement_adds_a_revision_and_a_decided_night_is_not_decided_again(
    decided: Decided,
) -> None:
    revisions = decided.rows(
        "select revision, version, segment from decisions.customer_segments "
        "where customer_night_id = %s order by revision",
        RESTATED,
    )

    run, steps = decided.shops.decide(SECOND)

    assert [(revision, version) for revision, version, _ in revisions] == [(0, 1), (1, 1)]
    assert revisions[0][2] == revisions[1][2]
    assert run.run_id == decided.second.run_id
    assert list(steps) == ["ingest", "validate_raw", "admit"]


def test_an_explanation_has_the_distances_and_the_way_out(decided: Decided) -> None:
    explanation = explain(JOB, RESTATED, decided.shops.settings, decided.shops.store)

    text = text_of(explanation)

    assert f"customer_night {RESTATED} of customer c0" in text
    assert "loyal, high value; is new; distance " in text
    assert "It would move after" in text
    assert " less spend: s" in text
    assert explanation.decision["own_distance"] < explanation.decision["runner_up_distance"]


def test_a_published_file_has_the_columns_of_the_ledger(decided: Decided) -> None:
    objects = decided.shops.settings.objects.url.removeprefix("file://")
    folder = f"{objects}/published/{JOB.published}/run={decided.first.run_id}"
    with open(f"{folder}/manifest.json") as handle:  # noqa: PTH123 - a path from a URL
        manifest = json.load(handle)

    table = pq.read_table(f"{folder}/{manifest['file']}", partitioning=None)

    assert table.column_names == list(JOB.columns)
    assert (manifest["job"], manifest["rows"]) == (JOB.name, table.num_rows)


def test_a_training_within_the_same_month_changes_nothing(decided: Decided) -> None:
    receipt = decided.shops.train(start=FIRST, end=THIRD)

    assert (receipt.version, receipt.alias) == ("2", registry.CHAMPION)
    assert receipt.notes == [
        "the model in force was fitted on 2026-03-02, so the customers of 2026-03-02 change nothing"
    ]


def test_a_training_on_the_knowledge_of_an_earlier_month_leaves_the_model_in_force(
    decided: Decided,
) -> None:
    receipt = decided.shops.train()

    assert (receipt.version, receipt.alias) == ("2", registry.CHAMPION)
    assert receipt.notes == [
        "the model in force was fitted on 2026-03-02, so the customers of 2026-02-28 change nothing"
    ]


def test_a_refit_that_divides_the_customers_otherwise_leaves_the_model_in_force(
    decided: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    # no refit of these customers is bad enough by itself
    monkeypatch.setattr("scoring.segments.identity.LEAST_AGREEMENT", 1.01)

    receipt = decided.shops.train(start=FIRST, end=THIRD + DAY)

    assert (receipt.version, receipt.alias) == ("2", registry.CHAMPION)
    assert receipt.notes[0].startswith("the refit was refused")
    [(event,)] = decided.rows(
        "select event from audit.events where subject = %s order by occurred_at desc limit 1",
        JOB.model.name,
    )
    assert event == "segments_refit_refused"
