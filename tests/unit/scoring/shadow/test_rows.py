"""Rows that a challenger has decided become rows of the shadow ledger."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from scoring.credit.job import JOB as CREDIT
from scoring.fraud.job import JOB as FRAUD
from scoring.runs.job import Job
from scoring.segments.job import JOB as SEGMENTS
from scoring.shadow import rows
from scoring.spending.job import JOB as SPENDING

OK, FAILED, NO_RATE = "ok", "model_failed", "no_fx_rate"


def decided(job: Job, count: int = 2, **columns: Any) -> pa.Table:
    """Return rows of a job's ledger in which every component has answered."""
    usual = {
        job.id_column: [f"s{number}" for number in range(count)],
        "revision": [0] * count,
        job.view.event_time: [0] * count,
        **dict.fromkeys(job.components, [OK] * count),
        **{
            answer.name: ["s1"] * count if answer.levels else [0.5] * count
            for answer in job.answers
            if answer.length == 1
        },
    }
    if job.ledger.has_outcome:
        usual |= {"decision": ["approve"] * count, "reasons": ["[]"] * count}
    return pa.table(usual | columns)


def test_a_would_be_decision_holds_both_scores_the_outcome_and_its_reasons() -> None:
    row = decided(
        FRAUD,
        1,
        fraud_probability=[0.9],
        anomaly_score=[0.4],
        decision=["decline"],
        reasons=['[{"code": "amount"}]'],
    )

    assert rows.of(FRAUD, row, 7).to_pylist() == [
        {
            "shadow_id": 7,
            "subject_id": "s0",
            "revision": 0,
            "event_time": 0,
            "status": OK,
            "score": 0.9,
            "second_score": 0.4,
            "decision": "decline",
            "reasons": '[{"code": "amount"}]',
        }
    ]


@pytest.mark.parametrize("job", [CREDIT, SEGMENTS, SPENDING], ids=lambda job: job.name)
def test_every_job_with_a_model_has_rows_of_the_same_columns(job: Job) -> None:
    assert (
        rows.of(job, decided(job), 7).column_names == rows.of(FRAUD, decided(FRAUD), 7).column_names
    )


def test_a_job_without_an_outcome_has_its_label_as_the_decision() -> None:
    assert rows.of(SEGMENTS, decided(SEGMENTS), 7)["decision"].to_pylist() == ["s1", "s1"]
    assert rows.of(SPENDING, decided(SPENDING), 7)["decision"].to_pylist() == [None, None]


def test_the_first_failing_component_is_the_status_of_a_row() -> None:
    row = decided(FRAUD, fraud_status=[OK, NO_RATE], anomaly_status=[FAILED, NO_RATE])

    assert rows.of(FRAUD, row, 7)["status"].to_pylist() == [FAILED, NO_RATE]


@pytest.mark.parametrize(
    ("statuses", "failure"),
    [
        ([FAILED, FAILED], FAILED),
        ([FAILED, OK], None),
        ([NO_RATE, NO_RATE], None),
        ([NO_RATE, FAILED], FAILED),
    ],
)
def test_a_chunk_fails_if_the_model_failed_for_every_row_that_it_could_score(
    statuses: list[str], failure: str | None
) -> None:
    assert rows.failure_of(FRAUD, decided(FRAUD, fraud_status=statuses)) == failure


def test_a_chunk_without_rows_has_not_failed() -> None:
    assert rows.failure_of(FRAUD, decided(FRAUD).slice(0, 0)) is None
