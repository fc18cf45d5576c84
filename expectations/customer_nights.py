"""Define the gate on a run's features of customer nights, for all jobs that read them."""

from __future__ import annotations

import great_expectations as gx

from expectations.features import from_view
from features.views import CUSTOMER_NIGHTS


def features(rows: int) -> gx.ExpectationSuite:  # noqa: ARG001 - one shape for all suites
    """Return the suite for a run's features of the customers of merchants."""
    return gx.ExpectationSuite(
        name="features.customer_nights", expectations=from_view(CUSTOMER_NIGHTS)
    )
