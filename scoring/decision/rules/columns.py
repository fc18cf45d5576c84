"""Declares the columns that a policy's rules may name, with the types and ranges of the rows.

Approval checks a policy against these columns, and scoring parses its rules against the same ones.
A contract test compares their types with the types that the deciders read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from features.views import APPLICATIONS as APPLICATION_VIEW
from features.views import TRANSACTIONS as TRANSACTION_VIEW
from features.views import FeatureView, Kind

#: The counts of decided, reviewed, declined and confirmed card transactions of the applicant.
EVIDENCE_COUNTS = (
    "fraud_decision_count",
    "fraud_review_count",
    "fraud_decline_count",
    "fraud_confirmed_count",
)


@dataclass(frozen=True, slots=True)
class RuleColumn:
    """One column that rules may name.

    Attributes:
        type: the type in the rows.
        minimum: the smallest value, if there is one.
        maximum: the greatest value, if there is one.
        levels: the only values of a category.
        is_flag: whether the only values are 0 and 1.
    """

    type: pa.DataType
    minimum: float | None = None
    maximum: float | None = None
    levels: tuple[str, ...] = ()
    is_flag: bool = False


RuleColumns = Mapping[str, RuleColumn]


def _of(view: FeatureView) -> dict[str, RuleColumn]:
    return {
        feature.name: RuleColumn(
            pa.string() if feature.kind is Kind.CATEGORY else pa.float64(),
            feature.minimum,
            feature.maximum,
            feature.levels,
            feature.kind is Kind.FLAG,
        )
        for feature in view.features
    }


_TEXT = RuleColumn(pa.string())

TRANSACTIONS: RuleColumns = {
    **_of(TRANSACTION_VIEW),
    "customer_id": _TEXT,
    "merchant_id": _TEXT,
}
APPLICATIONS: RuleColumns = {
    **_of(APPLICATION_VIEW),
    **dict.fromkeys(EVIDENCE_COUNTS, RuleColumn(pa.int64(), minimum=0)),
    "fraud_highest_probability": RuleColumn(pa.float64(), minimum=0, maximum=1),
    "customer_id": _TEXT,
}


def types_of(columns: RuleColumns) -> dict[str, pa.DataType]:
    """Return the type of each column."""
    return {name: column.type for name, column in columns.items()}
