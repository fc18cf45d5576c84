"""The second gate: what a batch of features must look like before the champion may see it.

Everything here follows from the feature view: adding a feature there adds its checks here.
"""

from __future__ import annotations

import great_expectations as gx

from expectations import vocabulary as say
from features.views import TRANSACTIONS, Feature, FeatureView

KEYS = ("transaction_id", "version")


def transactions(rows: int) -> gx.ExpectationSuite:  # noqa: ARG001 - one shape for all suites
    """Return what a run's features of card transactions must look like."""
    return gx.ExpectationSuite(name="features.transactions", expectations=from_view(TRANSACTIONS))


def from_view(view: FeatureView) -> list[say.Sentence]:
    """Return the expectations that a feature view states by itself."""
    return [
        say.ExpectColumns(
            column_set=[*KEYS, *view.columns],
            severity="critical",
            notes="The model reads these columns by name and order.",
        ),
        *(bounds(feature) for feature in view.features),
        *(presence(feature) for feature in view.features if feature.required),
    ]
