"""Card transactions: many a second, corrected at times, and never deleted.

The raw table has a partition for each UTC day. A narrow table beside it keeps versions unique.
"""

from __future__ import annotations

from features.feeds.admissions import Versions
from features.feeds.columns import ColumnKind, added, column
from features.feeds.declarations import Feed, InlineLabels
from features.feeds.readers import APPLICATION_SCORING, CUSTOMER_JOBS, TRANSACTION_SCORING
from features.feeds.rules import Pair
from features.feeds.transaction_labels import TRANSACTION_LABELS

#: A check of a card costs nothing. A reversal takes back a transaction as if it had not been.
PURCHASE, REFUND, REVERSAL, CHECK = KINDS = ("purchase", "refund", "reversal", "check")

TRANSACTIONS = Feed(
    name="transactions",
    table="raw.transactions",
    columns=(
        column("transaction_id", ColumnKind.ID, required=True, key=True),
        column("customer_id", ColumnKind.ID, required=True),
        column("merchant_id", ColumnKind.ID, required=True),
        column("timestamp", ColumnKind.INSTANT, "occurred_at", required=True),
        column("amount", ColumnKind.AMOUNT, "amount_minor", required=True),
        column("currency", ColumnKind.CURRENCY, "currency_code", required=True),
        column("type", ColumnKind.INTEGER, "transaction_type"),
        column("card_bin", ColumnKind.ID),
        column("ip_address"),
        column("device_id", ColumnKind.ID),
        column("location", ColumnKind.PLACE, "location_code"),
        column("channel"),
        column("transaction_category"),
        column("customer_segments", ColumnKind.LIST),
        column("merchant_risk_score", ColumnKind.SHARE),
        column("card_risk_score", ColumnKind.SHARE),
        column("customer_risk_score", ColumnKind.SHARE),
        column("is_velocity_alert", ColumnKind.FLAG),
        column("is_location_alert", ColumnKind.FLAG),
        column("is_device_alert", ColumnKind.FLAG),
        column("is_high_value", ColumnKind.FLAG),
        added(column("kind", ColumnKind.KIND, filled=True), default="purchase"),
        added(column("customer_latitude", ColumnKind.LATITUDE)),
        added(column("customer_longitude", ColumnKind.LONGITUDE)),
        added(column("merchant_latitude", ColumnKind.LATITUDE)),
        added(column("merchant_longitude", ColumnKind.LONGITUDE)),
    ),
    admission=Versions(
        event="timestamp",
        table="raw.transaction_versions",
        carried=("customer_id",),
        ensure_days="raw.ensure_transaction_days",
    ),
    read_by=(TRANSACTION_SCORING, APPLICATION_SCORING, *CUSTOMER_JOBS),
    pairs=(
        Pair("customer_latitude", "customer_longitude"),
        Pair("merchant_latitude", "merchant_longitude"),
    ),
    inline_labels=InlineLabels(
        column("is_fraud", ColumnKind.FLAG, "inline_is_fraud"), TRANSACTION_LABELS
    ),
)
