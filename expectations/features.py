"""The second gate: what a batch of features must look like before the champion may see it.

Everything here follows from the feature view: adding a feature there adds its checks here.
"""

from __future__ import annotations

import great_expectations as gx

from expectations import vocabulary as say
from features.views import TRANSACTIONS, Feature, FeatureView, Kind

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
            notes="The model reads these columns by name.",
        ),
        *(_bounds(feature) for feature in view.features if feature.kind is not Kind.FLAG),
        *(_presence(feature) for feature in view.features if feature.required),
    ]


def _bounds(feature: Feature) -> say.Sentence:
    return say.ExpectValuesWithin(
        column=feature.name,
        min_value=-say.FINITE if feature.minimum is None else feature.minimum,
        max_value=say.FINITE if feature.maximum is None else feature.maximum,
        severity="critical",
        notes="The model takes NaN and numbers it never saw without complaint, and answers.",
    )


def _presence(feature: Feature) -> say.Sentence:
    return say.ExpectValuesPresent(
        column=feature.name,
        severity="critical",
        notes="The view says that every row has it; where it is null, a join lost its rows.",
    )
