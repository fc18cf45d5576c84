"""Two descriptions of one table agree: what SQL builds, and what models are told about it."""

from __future__ import annotations

from typing import Any

from features.views import TRANSACTIONS, Kind

TYPES = {
    Kind.AMOUNT: {"double precision"},
    Kind.COUNT: {"bigint", "integer"},
    Kind.RATIO: {"double precision"},
    Kind.SHARE: {"double precision"},
    Kind.FLAG: {"boolean"},
    Kind.NUMBER: {"double precision"},
}

# what tells the outcome, or is told after it; a scenario column must not even be loadable
LEAKS = (
    "is_fraud", "fraud", "label", "tx_fraud", "tx_fraud_scenario", "fraud_scenario", "scenario",
    "chargeback", "provenance", "decision", "fraud_probability", "anomaly_score",
    "recoveries", "total_pymnt", "total_rec_prncp", "last_pymnt_d", "loan_status",
)  # fmt: skip


def table_of(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the feature table's entry in the manifest."""
    node: dict[str, Any] = manifest["nodes"]["model.vesper.feat_transactions"]
    return node


def test_the_view_declares_exactly_the_columns_that_dbt_builds(manifest: dict[str, Any]) -> None:
    built = list(table_of(manifest)["columns"])

    assert built == [*TRANSACTIONS.carried, *TRANSACTIONS.columns]


def test_each_feature_has_the_type_of_its_kind(manifest: dict[str, Any]) -> None:
    columns = table_of(manifest)["columns"]

    wrong = {
        feature.name: columns[feature.name]["data_type"]
        for feature in TRANSACTIONS.features
        if columns[feature.name]["data_type"] not in TYPES[feature.kind]
    }

    assert wrong == {}


def test_what_the_view_requires_the_table_never_leaves_null(manifest: dict[str, Any]) -> None:
    columns = table_of(manifest)["columns"]

    kept = {
        name
        for name, column in columns.items()
        if any(constraint["type"] == "not_null" for constraint in column["constraints"])
    }

    assert {feature.name for feature in TRANSACTIONS.features if feature.required} == kept - set(
        TRANSACTIONS.carried
    )


def test_the_table_stands_where_the_view_says(manifest: dict[str, Any]) -> None:
    node = table_of(manifest)

    assert f"{node['schema']}.{node['name']}" == TRANSACTIONS.table


def test_no_leak_column_can_be_a_feature() -> None:
    names = {*TRANSACTIONS.columns, *TRANSACTIONS.carried}

    assert names.isdisjoint(LEAKS)
    assert not any("scenario" in name for name in names)


def test_a_feature_that_reads_labels_says_so() -> None:
    by_name = {feature.name for feature in TRANSACTIONS.features if "fraud" in feature.name}

    assert {f.name for f in TRANSACTIONS.features if f.uses_labels} == by_name


def test_every_feature_has_words_for_its_reason() -> None:
    for feature in TRANSACTIONS.features:
        assert feature.characteristic
        assert feature.analyst_text
        assert feature.applicant_text
