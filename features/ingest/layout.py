"""The columns of each feed: what they are called here, what they hold, how they are checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from features.canonical import CANONICAL
from features.sources.feeds import Feed


class Kind(StrEnum):
    """How the text of a column is read."""

    ID = "id"
    TEXT = "text"
    AMOUNT = "amount"
    BALANCE = "balance"  # an amount that may be zero
    CURRENCY = "currency"
    INSTANT = "instant"
    DATE = "date"
    INTEGER = "integer"
    SHARE = "share"  # a score from 0 to 1
    PERCENT = "percent"
    COUNT = "count"
    RATE = "rate"
    FLAG = "flag"
    LIST = "list"
    PROVENANCE = "provenance"
    PAST_DATE = "past_date"  # of the last century or this one
    SCORE = "score"  # of a bureau, on the scale of FICO
    TERM = "term"
    EMPLOYMENT = "employment"
    OUTCOME = "outcome"
    EXCEPTION = "exception"  # a flag, or an outcome that says so


@dataclass(frozen=True, slots=True)
class Column:
    """One column: canonical name, name and Postgres type in `landed` and `raw`, kind."""

    name: str
    target: str
    sql_type: str
    kind: Kind
    is_required: bool


_SQL_TYPES = {
    Kind.AMOUNT: "bigint",
    Kind.BALANCE: "bigint",
    Kind.INSTANT: "timestamptz",
    Kind.DATE: "date",
    Kind.INTEGER: "integer",
    Kind.SHARE: "double precision",
    Kind.RATE: "numeric(24, 12)",
    Kind.FLAG: "boolean",
    Kind.EXCEPTION: "boolean",
    Kind.LIST: "text[]",
    Kind.PERCENT: "double precision",
    Kind.COUNT: "integer",
    Kind.PAST_DATE: "date",
    Kind.SCORE: "integer",
    Kind.TERM: "integer",
    Kind.EMPLOYMENT: "integer",
}

_KINDS: Mapping[str, Kind] = {
    "transaction_id": Kind.ID,
    "customer_id": Kind.ID,
    "merchant_id": Kind.ID,
    "device_id": Kind.ID,
    "card_bin": Kind.ID,
    "timestamp": Kind.INSTANT,
    "known_at": Kind.INSTANT,
    "amount": Kind.AMOUNT,
    "currency": Kind.CURRENCY,
    "type": Kind.INTEGER,
    "customer_segments": Kind.LIST,
    "merchant_risk_score": Kind.SHARE,
    "card_risk_score": Kind.SHARE,
    "customer_risk_score": Kind.SHARE,
    "is_velocity_alert": Kind.FLAG,
    "is_location_alert": Kind.FLAG,
    "is_device_alert": Kind.FLAG,
    "is_high_value": Kind.FLAG,
    "is_fraud": Kind.FLAG,
    "provenance": Kind.PROVENANCE,
    "rate_date": Kind.DATE,
    "rate": Kind.RATE,
    "application_id": Kind.ID,
    "applied_at": Kind.INSTANT,
    "loan_amnt": Kind.AMOUNT,
    "term": Kind.TERM,
    "annual_inc": Kind.BALANCE,
    "emp_length": Kind.EMPLOYMENT,
    "dti": Kind.PERCENT,
    "fico_range_low": Kind.SCORE,
    "fico_range_high": Kind.SCORE,
    "revol_util": Kind.PERCENT,
    "inq_last_6mths": Kind.COUNT,
    "delinq_2yrs": Kind.COUNT,
    "pub_rec": Kind.COUNT,
    "open_acc": Kind.COUNT,
    "total_acc": Kind.COUNT,
    "revol_bal": Kind.BALANCE,
    "earliest_cr_line": Kind.PAST_DATE,
    "mths_since_last_delinq": Kind.COUNT,
    "outcome": Kind.OUTCOME,
    "is_policy_exception": Kind.EXCEPTION,
    "last_payment_date": Kind.DATE,
    "age": Kind.COUNT,
}

_TARGETS: Mapping[str, str] = {
    "timestamp": "occurred_at",
    "amount": "amount_minor",
    "currency": "currency_code",
    "type": "transaction_type",
    "location": "location_code",
    "known_at": "declared_known_at",
    "loan_amnt": "requested_amount_minor",
    "term": "term_months",
    "annual_inc": "annual_income_minor",
    "emp_length": "employment_years",
    "dti": "debt_to_income_percent",
    "fico_range_low": "fico_low",
    "fico_range_high": "fico_high",
    "revol_util": "revolving_utilisation_percent",
    "inq_last_6mths": "inquiry_count_6m",
    "delinq_2yrs": "delinquency_count_2y",
    "pub_rec": "public_record_count",
    "open_acc": "open_account_count",
    "total_acc": "total_account_count",
    "revol_bal": "revolving_balance_minor",
    "earliest_cr_line": "first_credit_date",
    "mths_since_last_delinq": "months_since_delinquency",
}


def _column(name: str, *, is_required: bool) -> Column:
    kind = _KINDS.get(name, Kind.TEXT)
    return Column(name, _TARGETS.get(name, name), _SQL_TYPES.get(kind, "text"), kind, is_required)


#: By feed, in the order in which columns are checked and stored.
LAYOUTS: Mapping[str, tuple[Column, ...]] = {
    feed: tuple(_column(name, is_required=must) for name, must in names.items())
    for feed, names in CANONICAL.items()
}

#: The label that some transaction files carry; it stands in `landed` only where the source has one.
INLINE_LABEL = Column("is_fraud", "inline_is_fraud", "boolean", Kind.FLAG, is_required=False)

#: The columns that hold money, all in the currency of their row.
MONEY = (Kind.AMOUNT, Kind.BALANCE)

#: The columns whose text is the value itself; a rounded number has lost some of it.
TEXTUAL = frozenset((Kind.ID, Kind.TEXT, Kind.CURRENCY, Kind.PROVENANCE, Kind.OUTCOME))

#: What makes two rows of one file the same thing.
KEYS: Mapping[str, tuple[str, ...]] = {
    "transactions": ("transaction_id",),
    "transaction_labels": ("transaction_id", "provenance"),
    "fx_rates": ("currency_code", "rate_date"),
    "applications": ("application_id",),
    "application_labels": ("application_id", "provenance"),
    "applicant_attributes": ("application_id",),
}


def columns_of(feed: Feed) -> tuple[Column, ...]:
    """Return the columns of a feed's landed table, without the place in the file."""
    layout = LAYOUTS[feed.name]
    return (*layout, INLINE_LABEL) if feed.inline_label else layout


def delivered_name(feed: Feed, column: Column) -> str | None:
    """Return the delivered name of a column, or None where the file has none."""
    if column is INLINE_LABEL:
        return feed.inline_label.column if feed.inline_label else None
    name = column.name
    if name == "customer_id" and feed.is_applicant_unknown:
        name = "application_id"
    if column.kind is Kind.EXCEPTION and feed.policy_exceptions:
        name = "outcome"
    return feed.columns.get(name)


def delivered_kinds(feed: Feed) -> Mapping[str, frozenset[Kind]]:
    """Return what each delivered column holds; two columns may be read from one."""
    kinds: dict[str, frozenset[Kind]] = {}
    for column in columns_of(feed):
        if (name := delivered_name(feed, column)) is not None:
            kinds[name] = kinds.get(name, frozenset()) | {column.kind}
    return kinds
