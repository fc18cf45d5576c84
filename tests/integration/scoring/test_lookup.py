"""A decision is found by its id for every job; an unknown id is refused."""

from __future__ import annotations

import pytest

from features.platform.errors import ConfigurationError
from scoring.domains import SCORE_TRANSACTIONS, job_named
from scoring.evidence.lookup import job_of
from tests.integration.scoring.conftest import Bench, some_transactions


def test_an_id_identifies_the_job_of_its_decision(bench: Bench) -> None:
    bench.admit(some_transactions(2))
    bench.decide()
    (first, _), (second, _) = bench.decisions()

    with bench.connect() as connection:
        assert job_of(connection, [first]) is SCORE_TRANSACTIONS
        assert job_of(connection, [f"transactions/{first}/0", second]) is SCORE_TRANSACTIONS
        for unknown in (["nothing"], [first, "nothing"], [f"applications/{first}/0"]):
            with pytest.raises(ConfigurationError, match="no job has a decision of"):
                job_of(connection, unknown)


def test_an_unknown_job_is_refused_with_the_known_names() -> None:
    with pytest.raises(ConfigurationError, match="score_transactions, score_applications"):
        job_named("score_everything")
