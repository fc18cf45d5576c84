"""The serving views give analysts and outside callers the promised columns and meanings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from features.build import build
from features.platform.currencies import EXPONENTS
from features.views import APPLICATIONS, TRANSACTIONS
from tests.builders import NOON, a_label, a_transaction, insert_labels, insert_transactions

#: The response contract for transactions.
PROMISED = (
    "transaction_id", "customer_id", "occurred_at", "decision", "is_fraud", "fraud_probability",
    "anomaly_score", "customer_transaction_count_3h", "customer_transaction_count_6h",
    "customer_transaction_count_12h", "customer_transaction_count_24h",
    "customer_avg_amount_3h", "customer_avg_amount_6h", "customer_avg_amount_12h",
    "customer_avg_amount_24h", "reasons", "rule_hits", "is_degraded", "model_version",
    "policy_version", "run_id", "decided_at", "processing_time_ms",
)  # fmt: skip

#: The names of the response contracts; in an analysts' view each would be a synonym or mislead.
CONTRACT_NAMES = {
    "transaction_responses": {
        "is_fraud",
        *(f"customer_avg_amount_{window}" for window in ("3h", "6h", "12h", "24h")),
    },
    "application_responses": {"probability", "risk_score", "request_id"},
}


@pytest.fixture
def decided(built: Any) -> Any:
    """Decide two transactions of one customer.

    The second is approved, then declined by a restatement.
    """
    insert_transactions(
        built,
        [
            a_transaction(
                transaction_id="first", occurred_at=NOON - timedelta(hours=1), amount_minor=3000
            ),
            a_transaction(transaction_id="second"),
        ],
    )
    build("transaction_features", built.settings.warehouse, built.settings.work)
    with built.superuser() as connection:
        for revision, decision in enumerate(("approve", "decline")):
            connection.execute(
                "insert into decisions.transaction_decisions values ('second', %s,"
                " gen_random_uuid(), 1, 'c1', %s, %s, 'ok', 0.5, 'ok', 0.5, false,"
                " '[{\"code\": \"x\"}]', '{}', 'transactions@1', decode(repeat('00', 32), 'hex'),"
                " '1', '1', now(), 0.1)",
                (revision, NOON, decision),
            )
    return built


def test_the_responses_have_every_promised_column(decided: Any) -> None:
    assert set(PROMISED) <= columns(decided)["transaction_responses"]
    assert {"probability", "risk_score", "request_id", "decision", "recommended_amount"} <= (
        columns(decided)["application_responses"]
    )


def test_analysts_read_the_responses_too(decided: Any) -> None:
    with decided.connect("analyst") as connection:
        read = {
            view: {column.name for column in connection.execute(query.encode()).description or ()}
            for view in CONTRACT_NAMES
            if (query := f"select * from serving.{view}")
        }

    assert read == {view: columns(decided)[view] for view in CONTRACT_NAMES}


def test_the_names_of_the_contracts_are_in_the_responses_alone(decided: Any) -> None:
    by_view = columns(decided)

    for view, names in CONTRACT_NAMES.items():
        assert names <= by_view[view]
        for other in by_view.keys() - {view}:
            assert by_view[other].isdisjoint(names), other


@pytest.mark.parametrize("features", [TRANSACTIONS, APPLICATIONS], ids=lambda view: view.name)
def test_a_column_with_the_name_of_a_feature_is_the_feature(decided: Any, features: Any) -> None:
    """The response contract is the documented exception: its counts include the row itself."""
    names = {feature.name for feature in features.features}
    compared = set()

    for view, present in columns(decided).items():
        shared = sorted(names & present) if view != "transaction_responses" else []
        for name in shared:
            assert {features.entity, "version"} <= present, (view, name)
            rows = decided.rows(
                f"select served.{name}, feature.{name} from serving.{view} as served "
                f"left join {features.table} as feature using ({features.entity}, version)"
            )
            assert [value for value, feature in rows if value != feature] == [], (view, name)
            assert rows, view
            compared.add((view, name))

    if features is TRANSACTIONS:
        assert {view for view, name in compared if name == "customer_transaction_count_24h"} == {
            "latest_transaction_decisions", "transaction_decision_revisions", "labelled_decisions",
        }  # fmt: skip


def test_the_latest_decision_is_the_newest_revision(decided: Any) -> None:
    assert decided.rows(
        "select decision_id, decision from serving.latest_transaction_decisions"
    ) == [("transactions/second/1", "decline")]
    assert decided.rows(
        "select decision_id, decision, is_fraud from serving.transaction_responses"
    ) == [("transactions/second/1", "decline", True)]


def test_windows_of_the_response_include_the_row_itself(decided: Any) -> None:
    windows = "customer_transaction_count_3h, {average}_3h from serving.{view}"

    assert decided.rows(
        "select " + windows.format(average="customer_avg_amount", view="transaction_responses")
    ) == [(2, 20.0)]
    assert decided.rows(
        "select "
        + windows.format(average="customer_amount_avg", view="latest_transaction_decisions")
    ) == [(1, 30.0)]


def test_a_refund_is_no_payment_of_its_own_response(decided: Any) -> None:
    kind = "select kind from serving.latest_transaction_decisions"
    assert decided.rows(kind) == [("purchase",)]
    with decided.superuser() as connection:
        connection.execute(
            "update marts.feat_transactions set is_refund = true where transaction_id = 'second'"
        )

    assert decided.rows(kind) == [("refund",)]
    assert decided.rows(
        "select customer_transaction_count_3h, customer_avg_amount_3h "
        "from serving.transaction_responses"
    ) == [(1, 30.0)]


def test_an_upgrade_replaces_views_that_have_other_columns(built: Any) -> None:
    before = columns(built)
    with built.connect("transform") as connection:
        # `create or replace view` can drop no column, and other views depend on this view
        connection.execute("drop view serving.latest_transaction_decisions cascade")
        connection.execute(
            "create view serving.latest_transaction_decisions as select transaction_id, "
            "decision = 'decline' as is_fraud, decided_at from decisions.transaction_decisions"
        )
        connection.execute(
            "create view serving.labelled_decisions as "
            "select is_fraud from serving.latest_transaction_decisions"
        )
        connection.execute("drop view serving.transaction_responses")

    build("serving", built.settings.warehouse, built.settings.work)

    assert columns(built) == before
    with built.connect("analyst") as connection:
        connection.execute(
            "select * from serving.labelled_decisions, serving.transaction_responses"
        )


def test_an_upgrade_gives_the_currencies_their_last_day(built: Any) -> None:
    with built.connect("transform") as connection:
        connection.execute("alter table staging.currencies drop column last_day cascade")

    build("reference", built.settings.warehouse, built.settings.work)

    (row,) = built.rows("select last_day from staging.currencies where currency_code = 'DEM'")
    assert row[0].isoformat() == "2002-05-15"


def test_amounts_have_the_exponent_of_their_own_currency(built: Any) -> None:
    limit = 1_234_567
    with built.superuser() as connection:
        for code in EXPONENTS:
            connection.execute(
                "insert into decisions.application_decisions values (%s, 0, gen_random_uuid(), 1,"
                " 'c1', %s, %s, %s, 'approve', 'ok', 0.25, 0.25, 0, 'A', 36, 'high', %s, 'request',"
                " false, false, 'no_history', null, 0, 0, 0, 0, '[]', false, '[]', '{}',"
                " 'applications@1', decode(repeat('00', 32), 'hex'), '1', '1', now(), 0.1)",
                (code, NOON, limit, code, limit),
            )
    expected = {code: limit / 10**exponent for code, exponent in EXPONENTS.items()}

    assert built.rows("select count(*) from staging.currencies") == [(len(EXPONENTS),)]
    for view in (
        "latest_application_decisions", "application_decision_history", "application_responses",
    ):  # fmt: skip
        served = built.rows(f"select application_id, recommended_amount from serving.{view}")
        assert dict(served) == expected
    assert built.rows(
        "select distinct probability, risk_score, request_id from serving.application_responses"
    ) == [(0.25, 25.0, None)]


def test_a_decision_is_unlabelled_until_its_label_is_known(decided: Any) -> None:
    query = "select label_is_fraud, label_provenance from serving.labelled_decisions"

    assert decided.rows(query) == [(None, None)]

    insert_labels(decided, [a_label("other", NOON + timedelta(days=8), is_fraud=False)])
    assert decided.rows(query) == [(False, "matured_silence")]

    insert_labels(decided, [a_label("second", NOON + timedelta(days=9))])
    assert decided.rows(query) == [(True, "chargeback")]


def test_runs_are_served_with_their_pins(built: Any) -> None:
    assert built.rows("select run_id, models, rows_published from serving.decision_runs") == []


def columns(db: Any) -> dict[str, set[str]]:
    """Return the columns of each serving view."""
    return {
        view: set(names)
        for view, names in db.rows(
            "select table_name::text, array_agg(column_name::text) from information_schema.columns "
            "where table_schema = 'serving' group by table_name"
        )
    }
