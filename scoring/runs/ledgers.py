"""The columns of the ledgers, in the order in which they are published."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa
from psycopg import sql

_MOMENT = pa.timestamp("us", tz="UTC")


def _ledger(
    subject_id: str, event_time: str, decided: Mapping[str, pa.DataType]
) -> Mapping[str, pa.DataType]:
    """Return the columns of a ledger: which row of which run, what was decided, and by what.

    What a list in a file is, stands as text here: `rule_hits` becomes a list when it is published.
    """
    return MappingProxyType(
        {
            subject_id: pa.string(),
            "revision": pa.int32(),
            "run_id": pa.string(),
            "version": pa.int32(),
            "customer_id": pa.string(),
            event_time: _MOMENT,
            **decided,
            "is_degraded": pa.bool_(),
            "reasons": pa.string(),
            "rule_hits": pa.string(),
            "feature_view": pa.string(),
            "feature_sha256": pa.string(),
            "model_version": pa.string(),
            "policy_version": pa.string(),
            "decided_at": _MOMENT,
            "processing_time_ms": pa.float64(),
        }
    )


TRANSACTION_DECISIONS = _ledger(
    "transaction_id",
    "occurred_at",
    {
        "decision": pa.string(),
        "fraud_status": pa.string(),
        "fraud_probability": pa.float64(),
        "anomaly_status": pa.string(),
        "anomaly_score": pa.float64(),
    },
)
APPLICATION_DECISIONS = _ledger(
    "application_id",
    "applied_at",
    {
        "requested_amount_minor": pa.int64(),
        "currency_code": pa.string(),
        "decision": pa.string(),
        "credit_status": pa.string(),
        "default_probability": pa.float64(),
        "second_probability": pa.float64(),
        "prediction": pa.int32(),
        "grade": pa.string(),
        "pd_horizon_months": pa.int32(),
        "confidence": pa.string(),
        "recommended_limit_minor": pa.int64(),
        "limit_binding": pa.string(),
        "is_counter_offer": pa.bool_(),
        "is_overridden": pa.bool_(),
        "fraud_state": pa.string(),
        "fraud_highest_probability": pa.float64(),
        "fraud_decision_count": pa.int64(),
        "fraud_review_count": pa.int64(),
        "fraud_decline_count": pa.int64(),
        "fraud_confirmed_count": pa.int64(),
        "fraud_decision_ids": pa.string(),
    },
)
_AS_TEXT = {
    "reasons": "{}::text",
    "rule_hits": "array_to_string({}, ',')",
    "fraud_decision_ids": "{}::text",
    "feature_sha256": "encode({}, 'hex')",
}


def as_text(column: str) -> sql.Composable:
    """Return the SQL of a ledger's column as a file can carry it."""
    return sql.SQL(_AS_TEXT.get(column, "{}")).format(sql.Identifier(column))
