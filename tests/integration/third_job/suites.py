"""Define the gates of the third job."""

from __future__ import annotations

import great_expectations as gx

from expectations.decisions import expectations_of_answers, expectations_of_large_runs
from expectations.features import from_view
from tests.integration.third_job.job import JOB, VIEW


def features(rows: int) -> gx.ExpectationSuite:
    """Return the suite for a run's features."""
    return gx.ExpectationSuite(name=JOB.gates.features.name, expectations=from_view(VIEW))


def decisions(rows: int) -> gx.ExpectationSuite:
    """Return the suite for a run's forecasts."""
    return gx.ExpectationSuite(
        name=JOB.gates.decisions.name,
        expectations=[
            *expectations_of_answers([*JOB.columns, "chunk"], JOB.answers),
            *expectations_of_large_runs(rows, (), {"next_week_count": "critical"}),
        ],
    )
