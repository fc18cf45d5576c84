"""Which job a command line is about."""

from __future__ import annotations

import pytest

from scoring.domains import SCORE_APPLICATIONS, SCORE_TRANSACTIONS, job_of
from scoring.runs.job import Job


@pytest.mark.parametrize(
    ("name", "ids", "job"),
    [
        (None, ["applications/a1/0"], SCORE_APPLICATIONS),
        (None, ["transactions/t1/0", "transactions/t2/1"], SCORE_TRANSACTIONS),
        (None, ["a1"], SCORE_TRANSACTIONS),
        (None, [], SCORE_TRANSACTIONS),
        ("score_applications", ["a1"], SCORE_APPLICATIONS),
    ],
)
def test_a_decision_id_says_whose_it_is(name: str | None, ids: list[str], job: Job) -> None:
    assert job_of(name, ids) is job
