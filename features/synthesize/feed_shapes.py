"""Define the delivered feeds: columns in order, each with its kind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa

SOURCE = "synthetic"


class Kind(StrEnum):
    """The kind of a column; tables in memory hold its values as text."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    LIST = "list"
    INSTANT = "instant"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class FeedShape:
    """A feed's name and its columns with their kinds, in order."""

    name: str
    columns: dict[str, Kind]

    @property
    def schema(self) -> pa.Schema:
        """The schema in memory: all text."""
        return pa.schema([(name, pa.string()) for name in self.columns])


TRANSACTIONS = FeedShape(
    "transactions",
    {
        "customer_id": Kind.TEXT,
        "transaction_id": Kind.TEXT,
        "amount": Kind.NUMBER,
        "currency": Kind.TEXT,
        "type": Kind.INTEGER,
        "merchant_id": Kind.TEXT,
        "card_bin": Kind.TEXT,
        "ip_address": Kind.TEXT,
        "device_id": Kind.TEXT,
        "location": Kind.TEXT,
        "channel": Kind.TEXT,
        "timestamp": Kind.INSTANT,
        "merchant_risk_score": Kind.NUMBER,
        "card_risk_score": Kind.NUMBER,
        "customer_risk_score": Kind.NUMBER,
        "is_velocity_alert": Kind.BOOLEAN,
        "is_location_alert": Kind.BOOLEAN,
        "is_device_alert": Kind.BOOLEAN,
        "customer_segments": Kind.LIST,
        "transaction_category": Kind.TEXT,
        "is_high_value": Kind.BOOLEAN,
        "kind": Kind.TEXT,
    },
)
LABELS = FeedShape(
    "transaction_labels",
    {
        "transaction_id": Kind.TEXT,
        "is_fraud": Kind.BOOLEAN,
        "known_at": Kind.INSTANT,
        "provenance": Kind.TEXT,
    },
)
FX_RATES = FeedShape(
    "fx_rates",
    {
        "currency": Kind.TEXT,
        "rate_date": Kind.DATE,
        "rate": Kind.NUMBER,
        "known_at": Kind.INSTANT,
    },
)
MERCHANTS = FeedShape(
    "merchants",
    {
        "merchant_id": Kind.TEXT,
        "category": Kind.TEXT,
        "location": Kind.TEXT,
        "opened_on": Kind.DATE,
        "known_at": Kind.INSTANT,
    },
)
CUSTOMERS = FeedShape(
    "customers",
    {
        "customer_id": Kind.TEXT,
        "location": Kind.TEXT,
        "opened_on": Kind.DATE,
        "known_at": Kind.INSTANT,
    },
)
APPLICATIONS = FeedShape(
    "applications",
    {
        "application_id": Kind.TEXT,
        "customer_id": Kind.TEXT,
        "applied_at": Kind.INSTANT,
        "loan_amnt": Kind.NUMBER,
        "term": Kind.TEXT,
        "currency": Kind.TEXT,
        "purpose": Kind.TEXT,
        "annual_inc": Kind.NUMBER,
        "emp_length": Kind.TEXT,
        "home_ownership": Kind.TEXT,
        "dti": Kind.NUMBER,
        "fico_range_low": Kind.INTEGER,
        "fico_range_high": Kind.INTEGER,
        "revol_util": Kind.NUMBER,
        "inq_last_6mths": Kind.INTEGER,
        "delinq_2yrs": Kind.INTEGER,
        "pub_rec": Kind.INTEGER,
        "open_acc": Kind.INTEGER,
        "total_acc": Kind.INTEGER,
        "revol_bal": Kind.NUMBER,
        "earliest_cr_line": Kind.DATE,
        "mths_since_last_delinq": Kind.INTEGER,
    },
)
APPLICATION_LABELS = FeedShape(
    "application_labels",
    {
        "application_id": Kind.TEXT,
        "outcome": Kind.TEXT,
        "is_policy_exception": Kind.BOOLEAN,
        "last_payment_date": Kind.DATE,
        "known_at": Kind.INSTANT,
        "provenance": Kind.TEXT,
    },
)
APPLICANT_ATTRIBUTES = FeedShape(
    "applicant_attributes",
    {
        "application_id": Kind.TEXT,
        "sex": Kind.TEXT,
        "age": Kind.INTEGER,
        "marital_status": Kind.TEXT,
        "nationality": Kind.TEXT,
    },
)
SALES = FeedShape(
    "sales",
    {
        "merchant_id": Kind.TEXT,
        "order_id": Kind.TEXT,
        "line_no": Kind.INTEGER,
        "customer_id": Kind.TEXT,
        "product_id": Kind.TEXT,
        "category": Kind.TEXT,
        "channel": Kind.TEXT,
        "quantity": Kind.INTEGER,
        "unit_price": Kind.NUMBER,
        "discount": Kind.NUMBER,
        "currency": Kind.TEXT,
        "occurred_at": Kind.INSTANT,
        "event": Kind.TEXT,
        "is_merchandise": Kind.BOOLEAN,
    },
)
PRODUCTS = FeedShape(
    "products",
    {
        "merchant_id": Kind.TEXT,
        "product_id": Kind.TEXT,
        "name": Kind.TEXT,
        "department": Kind.TEXT,
        "category": Kind.TEXT,
        "product_type": Kind.TEXT,
        "unit_cost": Kind.NUMBER,
        "list_price": Kind.NUMBER,
        "currency": Kind.TEXT,
        "pack_size": Kind.INTEGER,
        "known_at": Kind.INSTANT,
    },
)
