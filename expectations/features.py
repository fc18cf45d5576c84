"""Define the gate on a run's features, before the champion reads them.

All expectations derive from the feature view: a new feature of the view has its checks here.
"""

from __future__ import annotations

import great_expectations as gx

from expectations import vocabulary as say
from features.views import (
    APPLICATIONS,
    CUSTOMERS,
    DEMAND,
    STOCK,
    TRANSACTIONS,
    Feature,
    FeatureView,
    Kind,
)

_UNBOUNDED = (Kind.FLAG, Kind.CATEGORY)


def transactions(rows: int) -> gx.ExpectationSuite:  # noqa: ARG001 - one shape for all suites
    """Return the suite for a run's features of card transactions."""
    return gx.ExpectationSuite(name="features.transactions", expectations=from_view(TRANSACTIONS))


def applications(rows: int) -> gx.ExpectationSuite:  # noqa: ARG001 - one shape for all suites
    """Return the suite for a run's features of loan applications."""
    return gx.ExpectationSuite(name="features.applications", expectations=from_view(APPLICATIONS))


def customers(rows: int) -> gx.ExpectationSuite:  # noqa: ARG001 - one shape for all suites
    """Return the suite for a run's features of card customers."""
    return gx.ExpectationSuite(name="features.customers", expectations=from_view(CUSTOMERS))


def demand(rows: int) -> gx.ExpectationSuite:  # noqa: ARG001 - one shape for all suites
    """Return the suite for a run's features of products in channels."""
    return gx.ExpectationSuite(name="features.demand", expectations=from_view(DEMAND))


def stock(rows: int) -> gx.ExpectationSuite:  # noqa: ARG001 - one shape for all suites
    """Return the suite for a run's features of a merchant's products."""
    return gx.ExpectationSuite(name="features.stock", expectations=from_view(STOCK))


def from_view(view: FeatureView) -> list[say.Sentence]:
    """Return the expectations that follow from a feature view."""
    return [
        say.ExpectColumns(
            column_set=[view.entity, "version", *view.columns],
            severity="critical",
            notes="The model reads these columns by name.",
        ),
        *(_bounds(feature) for feature in view.features if feature.kind not in _UNBOUNDED),
        *(_levels(feature) for feature in view.features if feature.kind is Kind.CATEGORY),
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


def _levels(feature: Feature) -> say.Sentence:
    return say.ExpectValuesAmong(
        column=feature.name,
        value_set=list(feature.levels),
        severity="critical",
        notes="The model knows these levels; another would have no place in its matrix.",
    )


def _presence(feature: Feature) -> say.Sentence:
    return say.ExpectValuesPresent(
        column=feature.name,
        severity="critical",
        notes="The view says that every row has it; where it is null, a join lost its rows.",
    )
