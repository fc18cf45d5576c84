"""Each suite passes its good table, and each critical expectation stops one bad table."""

from __future__ import annotations

import pytest

from expectations.errors import GateFailedError
from expectations.validation import Outcome, Severity, Verdict
from features.views import TRANSACTIONS, Kind
from tests.integration.expectations import (
    application_tables,
    demand_tables,
    plan_tables,
    segment_tables,
    spending_tables,
    stock_tables,
    value_tables,
)
from tests.integration.expectations.tables import SAMPLES, Gate

# suite, statement that spoils its table, the expectation that must break
PLANTED = [
    ("raw.transactions", "alter table {} drop channel", "expect_columns"),
    ("raw.transactions", "update {} set transaction_id = null where {n} = 1", "transaction_id has"),
    ("raw.transactions", "update {} set customer_id = null where {n} = 1", "customer_id has"),
    ("raw.transactions", "update {} set merchant_id = null where {n} = 1", "merchant_id has"),
    (
        "raw.transactions",
        "update {} set transaction_id = '' where {n} = 1",
        "transaction_id is not",
    ),
    ("raw.transactions", "update {} set customer_id = '' where {n} = 1", "customer_id is not"),
    ("raw.transactions", "update {} set merchant_id = '' where {n} = 1", "merchant_id is not"),
    ("raw.transactions", "update {} set row_number = null where {n} = 1", "row_number has"),
    ("raw.transactions", "update {} set occurred_at = null where {n} = 1", "occurred_at has"),
    ("raw.transactions", "update {} set amount_minor = null where {n} = 1", "amount_minor has"),
    ("raw.transactions", "update {} set currency_code = null where {n} = 1", "currency_code has"),
    ("raw.transactions", "update {} set occurred_at = 'epoch' where {n} = 1", "occurred_at lies"),
    (
        "raw.transactions",
        "update {} set occurred_at = '9999-12-31' where {n} = 1",
        "occurred_at lies",
    ),
    ("raw.transactions", "update {} set amount_minor = -1 where {n} = 1", "amount_minor lies"),
    ("raw.transactions", "update {} set amount_minor = 2e15 where {n} = 1", "amount_minor lies"),
    (
        "raw.transactions",
        "update {} set card_risk_score = 'NaN' where {n} = 1",
        "card_risk_score is",
    ),
    (
        "raw.transactions",
        "update {} set customer_risk_score = 'Infinity' where {n} = 1",
        "customer_risk_score is",
    ),
    ("raw.transaction_labels", "alter table {} drop provenance", "the table has"),
    ("raw.transaction_labels", "update {} set transaction_id = null where {n} = 1", "id has"),
    (
        "raw.transaction_labels",
        "update {} set transaction_id = '' where {n} = 1",
        "id is not blank",
    ),
    ("raw.transaction_labels", "update {} set row_number = null where {n} = 1", "row_number has"),
    ("raw.transaction_labels", "update {} set is_fraud = null where {n} = 1", "is_fraud has"),
    ("raw.transaction_labels", "update {} set provenance = null where {n} = 1", "provenance has"),
    (
        "raw.transaction_labels",
        "update {} set declared_known_at = 'epoch' where {n} = 1",
        "declared_known_at lies",
    ),
    ("raw.fx_rates", "alter table {} drop rate", "the table has"),
    ("raw.fx_rates", "update {} set currency_code = null where {n} = 1", "currency_code has"),
    ("raw.fx_rates", "update {} set currency_code = '' where {n} = 1", "currency_code is not"),
    ("raw.fx_rates", "update {} set row_number = null where {n} = 1", "row_number has"),
    ("raw.fx_rates", "update {} set rate_date = null where {n} = 1", "rate_date has"),
    ("raw.fx_rates", "update {} set rate_date = '1970-01-01' where {n} = 1", "rate_date lies"),
    (
        "raw.fx_rates",
        "update {} set declared_known_at = '1970-01-01' where {n} = 1",
        "declared_known_at lies",
    ),
    ("raw.fx_rates", "update {} set rate = null where {n} = 1", "rate has"),
    ("raw.fx_rates", "update {} set rate = 0 where {n} = 1", "rate lies"),
    ("raw.fx_rates", "update {} set rate = 'NaN' where {n} = 1", "rate lies"),
    ("decisions.transactions", "alter table {} drop feature_sha256", "the table has"),
    ("decisions.transactions", "update {} set decision = null where {n} = 1", "decision has"),
    ("decisions.transactions", "update {} set is_degraded = null where {n} = 1", "is_degraded has"),
    (
        "decisions.transactions",
        "update {} set decision = 'maybe' where {n} = 1",
        "decision is approve",
    ),
    (
        "decisions.transactions",
        "update {} set fraud_probability = 'NaN' where {n} = 1",
        "fraud_probability lies",
    ),
    (
        "decisions.transactions",
        "update {} set fraud_probability = 1.0001 where {n} = 1",
        "fraud_probability lies",
    ),
    (
        "decisions.transactions",
        "update {} set anomaly_score = -0.1 where {n} = 1",
        "anomaly_score lies",
    ),
    (
        "decisions.transactions",
        "update {} set is_degraded = true, fraud_status = 'missing', fraud_probability = null"
        " where {n} = 2",
        "decision is not approve where is_degraded == true",
    ),
    (
        "decisions.transactions",
        "update {} set reasons = '[]' where decision = 'decline'",
        "reasons lists 1 to 4 items where decision != approve",
    ),
    (
        "decisions.transactions",
        "update {} set reasons = '{{}}' where decision = 'decline'",
        "reasons lists 1 to 4 items",
    ),
    (
        "decisions.transactions",
        "update {} set is_degraded = true, decision = 'review', reasons = '[1]' where {n} > 90",
        "is_degraded is false in at least 0.5",
    ),
    (
        "decisions.transactions",
        "update {} set fraud_probability = 0.1",
        "fraud_probability varies",
    ),
]
WARNED = [
    ("raw.transactions", "update {} set amount_minor = 0 where {n} <= 50", "amount_minor is not 0"),
    ("raw.transactions", "update {} set amount_minor = 500", "amount_minor varies"),
    ("raw.transaction_labels", "update {} set is_fraud = false", "is_fraud is true"),
    ("decisions.transactions", "update {} set anomaly_score = 1", "anomaly_score varies"),
    (
        "decisions.transactions",
        "update {} set is_degraded = true, decision = 'review', reasons = '[1]' where {n} <= 10",
        "is_degraded is false",
    ),
    (
        "decisions.transactions",
        "update {} set decision = 'review', reasons = '[1]' where {n} <= 120",
        "decision is approve",
    ),
    (
        "decisions.transactions",
        "update {} set decision = 'decline', reasons = '[1]' where {n} <= 60",
        "decision is not decline",
    ),
]


#: The suites whose rows are no transactions, with the id that holds the number of the row.
SUBJECTS = {
    **dict.fromkeys(
        (segment_tables.SUITE, value_tables.SUITE, spending_tables.SUITE), "customer_id"
    ),
    **dict.fromkeys((demand_tables.SUITE, plan_tables.SUITE), "product_id"),
}


def spoilt(suite: str, statement: str) -> str:
    """Return a statement with the suite's table and its row number filled in."""
    subject = SUBJECTS.get(suite, "transaction_id")
    number = "row_number" if suite.startswith("raw.") else f"substr({subject}, 2)::int"
    return (
        statement.replace("{n}", number)
        .replace("{}", SAMPLES[suite].table, 1)
        .replace("{{}}", "{}")
    )


@pytest.mark.parametrize("suite", sorted(SAMPLES))
@pytest.mark.parametrize("rows", [1, 200])
def test_a_good_table_passes(suite_gate: Gate, suite: str, rows: int) -> None:
    validation = suite_gate(SAMPLES[suite], rows=rows)

    broken = [check.words for check in validation.expectations if check.outcome is not Outcome.HELD]
    # a single label that is not a fraud makes a file without fraud
    assert broken == ([] if (suite, rows) != ("raw.transaction_labels", 1) else broken)
    assert validation.verdict in {Verdict.PASSED, Verdict.WARNED}


@pytest.mark.parametrize(
    ("suite", "statement", "words"),
    [
        *PLANTED,
        *application_tables.PLANTED,
        *segment_tables.PLANTED,
        *stock_tables.PLANTED,
        *value_tables.PLANTED,
        *spending_tables.PLANTED,
        *demand_tables.PLANTED,
        *plan_tables.PLANTED,
    ],
)
def test_a_critical_expectation_stops_the_run(
    suite_gate: Gate, suite: str, statement: str, words: str
) -> None:
    with pytest.raises(GateFailedError) as caught:
        suite_gate(SAMPLES[suite], spoilt(suite, statement))

    broken = [
        check
        for check in caught.value.validation.expectations
        if check.outcome is Outcome.BROKEN and check.severity is Severity.CRITICAL
    ]
    assert any(words in check.words or words == check.expectation for check in broken)
    assert len({check.column for check in broken}) == 1


@pytest.mark.parametrize("number", ["NaN", "Infinity"])
@pytest.mark.parametrize("kind", ["amount", "count"])
def test_a_nan_in_a_feature_stops_the_run(suite_gate: Gate, kind: str, number: str) -> None:
    [column, *_] = [f.name for f in TRANSACTIONS.features if kind in f.name]

    with pytest.raises(GateFailedError, match=f"{column} .*1 of 200 rows"):
        suite_gate(
            SAMPLES["features.transactions"],
            f"update scored.sample set {column} = '{number}' where transaction_id = 'T7'",
        )


def test_a_feature_outside_its_view_bounds_stops_the_run(suite_gate: Gate) -> None:
    bounded = [
        f for f in TRANSACTIONS.features if f.minimum is not None and f.kind is not Kind.FLAG
    ]
    spoil = ", ".join(f"{f.name} = {f.minimum} - 1" for f in bounded)

    with pytest.raises(GateFailedError) as caught:
        suite_gate(SAMPLES["features.transactions"], f"update scored.sample set {spoil}")

    broken = {
        check.column
        for check in caught.value.validation.expectations
        if check.outcome is Outcome.BROKEN
    }
    assert broken == {f.name for f in bounded}


def test_a_missing_value_of_a_required_feature_stops_the_run(suite_gate: Gate) -> None:
    required = [f.name for f in TRANSACTIONS.features if f.required]
    if not required:
        pytest.skip("the view has no required feature")

    with pytest.raises(GateFailedError, match=f"{required[0]} has a value"):
        suite_gate(
            SAMPLES["features.transactions"], f"update scored.sample set {required[0]} = null"
        )


def test_a_feature_that_the_table_lacks_stops_the_run(suite_gate: Gate) -> None:
    column = TRANSACTIONS.columns[-1]

    with pytest.raises(GateFailedError, match=f"missing: {column}"):
        suite_gate(SAMPLES["features.transactions"], f"alter table scored.sample drop {column}")


def test_features_without_history_are_null_and_pass(suite_gate: Gate) -> None:
    spoil = ", ".join(f"{f.name} = null" for f in TRANSACTIONS.features if not f.required)

    validation = suite_gate(SAMPLES["features.transactions"], f"update scored.sample set {spoil}")

    assert validation.verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("suite", "statement", "words"),
    [
        *WARNED,
        *application_tables.WARNED,
        *segment_tables.WARNED,
        *stock_tables.WARNED,
        *value_tables.WARNED,
        *demand_tables.WARNED,
        *plan_tables.WARNED,
    ],
)
def test_a_warning_does_not_stop_the_run(
    suite_gate: Gate, suite: str, statement: str, words: str
) -> None:
    validation = suite_gate(SAMPLES[suite], spoilt(suite, statement))

    broken = [check.words for check in validation.expectations if check.outcome is Outcome.BROKEN]
    assert validation.verdict is Verdict.WARNED
    assert [words in broken_words for broken_words in broken] == [True]


def test_a_lone_degraded_row_warns_and_does_not_stop_its_hour(suite_gate: Gate) -> None:
    validation = suite_gate(
        SAMPLES["decisions.transactions"],
        "update scored.sample set is_degraded = true, decision = 'review', reasons = '[1]'",
        rows=3,
    )

    assert validation.verdict is Verdict.WARNED
