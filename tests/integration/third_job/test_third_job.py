"""A job that a test folder declares runs through the product, which knows nothing of it."""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.platform import failpoints
from features.platform.failpoints import InjectedFaultError
from scoring.commands.explain import text_of
from scoring.evidence import closure
from scoring.evidence.explain import explain
from scoring.evidence.lookup import job_of
from scoring.evidence.replay import Selection
from scoring.evidence.verification import verify
from scoring.runs import gaps
from scoring.runs.record import Run
from scoring.steps import maintain
from scoring.steps.pipeline import STEPS
from tests.faults import deliveries, invariants
from tests.integration.third_job.conftest import DAY, FIRST_DAY, Forecasting
from tests.integration.third_job.job import JOB

ROOT = Path(__file__).parents[3]
SECOND_DAY = FIRST_DAY + DAY
#: A customer whose first day gets a further transaction after its forecast.
RESTATED = deliveries.first_window().rows[0]["customer_id"]


@dataclass(frozen=True)
class Decided:
    """Two published days and a restatement; the second day was interrupted."""

    place: Forecasting
    first: Run
    steps: dict[str, Any]
    second: Run
    restated: str
    expected: invariants.Expected


def next_day() -> deliveries.Delivery:
    """Return transactions of the second day, and late ones of customers new to the first day."""
    draw = random.Random(4)  # noqa: S311 - data, not secrets
    start = deliveries.FIRST + DAY
    rows = deliveries.some_rows(draw, "next", 120, start, timedelta(hours=1))
    late = deliveries.some_rows(draw, "late", 3, deliveries.FIRST, timedelta(hours=1))
    late = [row | {"customer_id": f"new-{number}"} for number, row in enumerate(late)]
    again = {**late[0], "transaction_id": "again", "customer_id": RESTATED}
    return deliveries.Delivery("next.csv", [*rows, *late, again])


def days_of(*files: deliveries.Delivery) -> frozenset[str]:
    """Return the active customers of each day in the accepted rows of files."""
    return frozenset(
        f"{row['customer_id']}/{row['timestamp'][:10]}"
        for file in files
        for row in file.rows
        if not file.accepted or row["transaction_id"] in file.accepted
    )


@pytest.fixture(scope="module")
def decided(installed: Forecasting) -> Decided:
    """Decide two days; the second one is interrupted at three places."""
    file, later = deliveries.first_window(), next_day()
    installed.deliver(file)
    first, steps = installed.decide(FIRST_DAY)
    installed.deliver(later)
    for place in ("after_claim", "mid_predict", "inside_publish", "after_commit"):
        failpoints.arm(f"{place}:raise")
        with pytest.raises(InjectedFaultError):
            installed.decide(SECOND_DAY)
    second, _ = installed.decide(SECOND_DAY)
    restated = f"{RESTATED}/{FIRST_DAY.date()}"
    installed.restate(restated)
    installed.restate(restated, has_model=False)
    expected = invariants.Expected(days_of(file, later), file.rejected, {restated: 3}, JOB)
    return Decided(installed, first, steps, second, restated, expected)


def test_no_file_of_the_product_names_the_job() -> None:
    names = (JOB.name, JOB.ledger.table, JOB.view.versions, JOB.view.table, JOB.model.name)
    folders = ("dags", "dbt", "expectations", "features", "infra", "plugins", "scoring")
    files = [
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".sql", ".yml", ".yaml", ".md"}
    ]

    assert len(files) > 100
    assert [path for path in files if any(name in path.read_text() for name in names)] == []


def test_a_run_takes_all_eight_steps_and_its_gates_pass(decided: Decided) -> None:
    assert list(decided.steps) == list(STEPS)
    assert decided.first.state == decided.second.state == "published"
    assert decided.first.rows_claimed > decided.first.cut.chunk_rows
    verdicts = decided.place.rows(
        "select distinct suite, verdict from audit.validation_results where subject = any(%s)",
        [str(decided.first.run_id), str(decided.second.run_id)],
    )
    assert {suite for suite, _ in verdicts} == {JOB.gates.features.name, JOB.gates.decisions.name}
    assert {verdict for _, verdict in verdicts} <= {"passed", "warned"}


def test_the_ledger_holds_a_forecast_of_each_active_customer_and_day(decided: Decided) -> None:
    rows = decided.place.rows(
        "select customer_day_id, day_at, next_week_count, segment, policy_version "
        "from decisions.customer_day_forecasts where not is_degraded"
    )

    assert {row[0] for row in rows} == decided.expected.decided
    assert {row[1] for row in rows} == {FIRST_DAY, SECOND_DAY}
    assert all(row[2] >= 0 for row in rows)
    assert {row[3] for row in rows} >= {"quiet"}
    assert {row[4] for row in rows} == {decided.place.pins.policy_version}


def test_late_customers_of_a_published_day_are_decided_by_the_next_run(decided: Decided) -> None:
    late = decided.place.rows(
        "select count(*) from decisions.customer_day_forecasts where run_id = %s and day_at = %s",
        decided.second.run_id,
        FIRST_DAY,
    )

    assert late == [(3,)]


def test_everything_adds_up_down_to_the_published_files(decided: Decided) -> None:
    equations = decided.place.equations()

    assert [str(equation) for equation in equations if not equation.holds] == []
    subjects = {equation.subject for equation in equations}
    assert {
        "rows of decisions.customer_day_forecasts",
        "versions in raw.customer_days",
        f"manifests in published/{JOB.published}",
        f"run {decided.second.run_id} file",
    } <= subjects


@pytest.mark.parametrize("column", ["next_week_count", "next_week_counts[3]"])
def test_closure_notices_a_changed_forecast(decided: Decided, column: str) -> None:
    change = (
        f"update decisions.customer_day_forecasts set {column} = {column} + 1 "
        "where customer_day_id = %s and not is_degraded"
    )
    with decided.place.db.superuser() as connection, connection.transaction(force_rollback=True):
        connection.execute(change, (decided.restated,))
        connection.execute("set role score")
        equations = closure.equations(connection, JOB)

    assert any("rows of decisions.customer_day_forecasts were changed" in str(e) for e in equations)


def test_every_forecast_and_its_features_replay_to_the_same_bits(decided: Decided) -> None:
    verification = verify(JOB, Selection(), decided.place.settings, decided.place.store)

    assert verification.as_dict()["differences"] == []
    assert verification.holds
    assert verification.replay.decisions == len(decided.expected.decided) + 2
    assert verification.replay.degraded == 1
    assert verification.rebuild is not None
    assert verification.rebuild.rows == len(decided.expected.decided) + 1


def test_a_replay_notices_the_last_bit_of_one_number_of_a_list(decided: Decided) -> None:
    place, subject = decided.place, min(decided.expected.decided - {decided.restated})
    read = (
        "select next_week_counts from decisions.customer_day_forecasts where customer_day_id = %s"
    )
    change = (
        "update decisions.customer_day_forecasts set next_week_counts = %s "
        "where customer_day_id = %s returning 1"
    )
    [[numbers]] = place.rows(read, subject)
    place.rows(change, [*numbers[:-1], math.nextafter(numbers[-1], 0.0)], subject)

    verification = verify(JOB, Selection(ids=(subject,)), place.settings, place.store)

    place.rows(change, numbers, subject)
    [difference] = verification.replay.differences
    assert difference.fields == ("next_week_counts",)


def test_the_invariants_of_the_fault_suite_hold_after_the_interruptions(decided: Decided) -> None:
    verdict = invariants.look(decided.place, decided.expected)

    assert (verdict.lost, verdict.doubled, verdict.problems) == (0, 0, [])


def test_a_published_day_is_not_decided_again(decided: Decided) -> None:
    digest = invariants.digest_of(decided.place, JOB)

    run, steps = decided.place.decide(SECOND_DAY)

    assert run.run_id == decided.second.run_id
    assert list(steps) == ["ingest", "validate_raw", "admit"]
    verdict = invariants.look(decided.place, decided.expected, digest=digest)
    assert verdict.problems == []


def test_a_restatement_decides_the_newest_version_of_a_day(decided: Decided) -> None:
    revisions = decided.place.rows(
        "select revision, version, is_degraded from decisions.customer_day_forecasts "
        "where customer_day_id = %s order by revision",
        decided.restated,
    )

    assert revisions == [(0, 1, False), (1, 2, False), (2, 2, True)]


def test_a_row_without_the_model_has_statuses_instead_of_answers(decided: Decided) -> None:
    columns = ", ".join(JOB.scores)
    [row] = decided.place.rows(
        f"select {columns} from decisions.customer_day_forecasts where is_degraded"
    )

    statuses = {name: row[JOB.scores.index(name)] for name in JOB.components}
    assert set(statuses.values()) == {"model_unavailable"}
    assert [value for value in row if value is not None] == list(statuses.values())


def test_a_published_file_has_the_columns_and_types_of_the_ledger(decided: Decided) -> None:
    folder = decided.place.objects / "published" / JOB.published / f"run={decided.first.run_id}"
    manifest = json.loads((folder / "manifest.json").read_text())
    table = pq.read_table(folder / manifest["file"], partitioning=None)

    assert table.column_names == list(JOB.columns)
    assert table.schema.field("next_week_counts").type == pa.list_(pa.float64())
    assert dict(
        zip(
            table["customer_day_id"].to_pylist(), table["next_week_counts"].to_pylist(), strict=True
        )
    ) == dict(
        decided.place.rows(
            "select customer_day_id, next_week_counts from decisions.customer_day_forecasts "
            "where run_id = %s",
            decided.first.run_id,
        )
    )
    assert (manifest["job"], manifest["rows"]) == (JOB.name, table.num_rows)


def test_a_forecast_is_found_and_explained_by_its_id(decided: Decided) -> None:
    name = min(decided.expected.decided)
    with psycopg.connect(decided.place.conninfo("score"), autocommit=True) as connection:
        assert job_of(connection, [f"customer_days/{name}/0"]) is JOB

    explanation = explain(JOB, name, decided.place.settings, decided.place.store)

    assert explanation.decision["customer_day_id"] == name
    assert explanation.reasons == []
    assert explanation.delivery["object_name"].endswith(".csv")
    assert [value.name for value in explanation.features] == list(JOB.view.columns)
    assert text_of(explanation).startswith(f"customer_day {name} of customer ")
    assert "easons" not in text_of(explanation)


def test_no_window_is_left_and_the_manifests_are_there(decided: Decided) -> None:
    with psycopg.connect(decided.place.conninfo("score"), autocommit=True) as connection:
        assert gaps.undecided(connection, JOB, SECOND_DAY + DAY) == []
        assert maintain.write_manifests(connection, JOB, decided.place.store) == 0


def test_readers_see_the_newest_forecasts(decided: Decided) -> None:
    assert decided.place.rows(f"select count(*) from serving.{JOB.serving}") == [
        (len(decided.expected.decided),)
    ]
