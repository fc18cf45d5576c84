"""The feature views declare exactly the tables that dbt builds."""

from __future__ import annotations

from typing import Any

import pytest

from features.feeds.leaks import LENDERS_PRICE, POST_OUTCOME, PROTECTED
from features.views import VIEWS, FeatureView, Kind
from features.views.applications import (
    HOME_OWNERSHIP_GROUPS,
    LAST_OUTCOMES,
    PURPOSE_GROUPS,
)

each_view = pytest.mark.parametrize("view", VIEWS, ids=lambda v: v.name)

TYPES = {
    Kind.AMOUNT: {"double precision"},
    Kind.COUNT: {"bigint", "integer"},
    Kind.RATIO: {"double precision"},
    Kind.SHARE: {"double precision"},
    Kind.FLAG: {"boolean"},
    Kind.NUMBER: {"double precision"},
    Kind.CATEGORY: {"text"},
}

# columns that hold or follow the outcome; a scenario column must not even be loadable
LEAKS = (
    "is_fraud", "fraud", "label", "tx_fraud", "tx_fraud_scenario", "fraud_scenario", "scenario",
    "chargeback", "provenance", "decision", "fraud_probability", "anomaly_score",
    "outcome", "is_default", "is_policy_exception", *POST_OUTCOME, *LENDERS_PRICE, *PROTECTED,
)  # fmt: skip


def table_of(manifest: dict[str, Any], view: FeatureView) -> dict[str, Any]:
    """Return the feature table's entry in the manifest."""
    node: dict[str, Any] = manifest["nodes"][f"model.vesper.feat_{view.name}"]
    return node


@each_view
def test_the_view_declares_exactly_the_columns_that_dbt_builds(
    manifest: dict[str, Any], view: FeatureView
) -> None:
    assert list(table_of(manifest, view)["columns"]) == [*view.carried, *view.columns]


@each_view
def test_each_feature_has_the_type_of_its_kind(manifest: dict[str, Any], view: FeatureView) -> None:
    columns = table_of(manifest, view)["columns"]

    wrong = {
        feature.name: columns[feature.name]["data_type"]
        for feature in view.features
        if columns[feature.name]["data_type"] not in TYPES[feature.kind]
    }

    assert wrong == {}


@each_view
def test_a_feature_that_the_view_requires_is_never_null_in_the_table(
    manifest: dict[str, Any], view: FeatureView
) -> None:
    columns = table_of(manifest, view)["columns"]

    kept = {
        name
        for name, column in columns.items()
        if any(constraint["type"] == "not_null" for constraint in column["constraints"])
    }

    required = {feature.name for feature in view.features if feature.required}
    assert required == kept - set(view.carried)


@each_view
def test_the_table_has_the_schema_and_name_of_the_view(
    manifest: dict[str, Any], view: FeatureView
) -> None:
    node = table_of(manifest, view)

    assert f"{node['schema']}.{node['name']}" == view.table


@each_view
def test_the_selector_that_a_view_names_builds_its_table(
    manifest: dict[str, Any], view: FeatureView
) -> None:
    built = manifest["selectors"][view.selector]["definition"]["union"]

    assert {"method": "fqn", "value": f"feat_{view.name}"} in built


@each_view
def test_no_leak_column_can_be_a_feature(view: FeatureView) -> None:
    names = {*view.columns, *view.carried}

    assert names.isdisjoint(LEAKS)
    assert not any("scenario" in name for name in names)


@each_view
def test_a_feature_that_reads_labels_is_marked(view: FeatureView) -> None:
    by_name = {f.name for f in view.features if "fraud" in f.name or f.name.endswith("_outcome")}

    assert {f.name for f in view.features if f.uses_labels} == by_name


@each_view
def test_every_feature_has_a_text_for_its_reason(view: FeatureView) -> None:
    for feature in view.features:
        assert feature.characteristic
        assert feature.analyst_text
        assert feature.applicant_text


def test_a_category_has_the_levels_that_dbt_accepts(manifest: dict[str, Any]) -> None:
    accepted = {
        test["column_name"]: tuple(test["test_metadata"]["kwargs"]["values"])
        for test in manifest["nodes"].values()
        if test["resource_type"] == "test"
        and test["test_metadata"]["name"] == "accepted_values"
        and test["attached_node"] == "model.vesper.feat_applications"
    }

    assert accepted == {
        "purpose_group": PURPOSE_GROUPS,
        "home_ownership_group": HOME_OWNERSHIP_GROUPS,
        "applicant_last_outcome": LAST_OUTCOMES,
    }
