"""Builds the SQL of an application's columns, and a model's matrix of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from psycopg import sql

from features.views import APPLICATIONS as VIEW
from features.views import FeatureView, Kind
from features.views.digests import feature_digest
from scoring.decision.rules.columns import EVIDENCE_COUNTS

KEYS = ("application_id", "version", "customer_id", "applied_at")
REQUEST = ("requested_amount_minor", "requested_amount_base_minor", "currency_code")
INPUT_TYPES: dict[str, pa.DataType] = {
    "application_id": pa.string(),
    "version": pa.int32(),
    "customer_id": pa.string(),
    "applied_at": pa.timestamp("us", tz="UTC"),
    "revision": pa.int32(),
    "feature_sha256": pa.string(),
    "requested_amount_minor": pa.int64(),
    "requested_amount_base_minor": pa.int64(),
    "currency_code": pa.string(),
    **{
        feature.name: pa.string() if feature.kind is Kind.CATEGORY else pa.float64()
        for feature in VIEW.features
    },
    **dict.fromkeys(EVIDENCE_COUNTS, pa.int64()),
    "fraud_highest_probability": pa.float64(),
    "fraud_decision_ids": pa.string(),
}


def input_columns(revision: str, evidence: str) -> sql.Composable:
    """Return the SQL of the columns of `INPUT_TYPES`; the feature table is `features`.

    Args:
        revision: the table of the query with the revision.
        evidence: the table of the query with the counts of card transactions: the applicant's card
            history in a first decision, the ledger in a replay.
    """
    own = [sql.Identifier("features", name) for name in KEYS]
    request = [sql.Identifier("features", name) for name in REQUEST]
    values = [
        sql.SQL("{}" if feature.kind is Kind.CATEGORY else "{}::float8").format(
            sql.Identifier("features", feature.name)
        )
        for feature in VIEW.features
    ]
    history = (*EVIDENCE_COUNTS, "fraud_highest_probability")
    known = [sql.Identifier(evidence, name) for name in history]
    return sql.SQL(", ").join(
        [
            *own,
            sql.Identifier(revision, "revision"),
            sql.SQL("encode({}, 'hex')").format(feature_digest(VIEW, "features")),
            *request,
            *values,
            *known,
            sql.SQL("{}::text").format(sql.Identifier(evidence, "fraud_decision_ids")),
        ]
    )


def selected(view: FeatureView) -> sql.Composable:
    """Return the SQL of all columns of a view; the feature table is `features`."""
    return sql.SQL(",\n    ").join(
        sql.SQL("features.{}" if feature.kind is Kind.CATEGORY else "features.{}::float8").format(
            sql.Identifier(feature.name)
        )
        for feature in view.features
    )


def types_of(view: FeatureView) -> dict[str, pa.DataType]:
    """Return the Arrow types of the columns of `selected`."""
    return {
        feature.name: pa.string() if feature.kind is Kind.CATEGORY else pa.float64()
        for feature in view.features
    }


def matrix_of(columns: Mapping[str, pa.Array], names: Sequence[str]) -> NDArray[np.float64]:
    """Return a model's matrix: [n, names], null is NaN, a category is the index of its level."""
    matrix = []
    for name in names:
        feature = VIEW.feature(name)
        array = columns[name]
        if feature.kind is Kind.CATEGORY:
            array = pc.index_in(array, value_set=pa.array(feature.levels, pa.string()))
        matrix.append(pc.cast(array, pa.float64()).to_numpy(zero_copy_only=False))
    return np.column_stack(matrix)
