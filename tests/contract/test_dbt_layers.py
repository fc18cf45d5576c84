"""The manifest of the dbt project keeps the conventions of its layers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from features.build import EVERYTHING, PROJECT
from features.views import VIEWS, FeatureView

NAMES = {
    "staging": r"stg_[a-z]+__[a-z_]+",
    "intermediate": r"int_[a-z_]+_[a-z]+ed",
    "marts": r"(feat|fct|dim)_[a-z_]+",
    "serving": r"[a-z_]+(s|_history)|"
    r"customer_value|purchasing_power|revenue_tree|cohort_retention|market_position|"
    r"forecast_accuracy|override_value|stock_outlook|price_elasticity|promotion_uplift|"
    r"shadow_comparison",
}

#: Each model holds its own SQL; the longest ones read a day book with all its spans.
MAX_LINES = 150
#: The readings hold all three entities, the tree both periods with their factors, the categories
#: two grains, and the cells two suppressions: several models of the same text are longer.
LONG_MODELS = {
    "int_readings_recalled": 180,
    "revenue_tree": 180,
    "priority_categories": 160,
    "fct_market_cells": 160,
}
#: Most models read six others at most; the past of a customer has two paths, and its merchants.
MANY_READS = {"int_customer_transactions_recalled": 7}
DAY_BOOKS = {"customer_books", "day_books", "day_lines", "frauds", "fraud_states"}


def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the project's models."""
    project_models = [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]
    assert project_models
    return project_models


def layer(node: dict[str, Any]) -> str:
    """Return the folder below models/ that holds a model."""
    return str(node["original_file_path"].split("/")[1])


def test_each_model_lands_in_the_schema_of_its_layer(manifest: dict[str, Any]) -> None:
    assert {(layer(node), node["schema"]) for node in models(manifest)} == {
        (name, name) for name in NAMES
    }


def test_models_are_named_after_their_layer(manifest: dict[str, Any]) -> None:
    wrong = [
        node["name"]
        for node in models(manifest)
        if not re.fullmatch(NAMES[layer(node)], node["name"])
    ]

    assert wrong == []


def test_only_staging_reads_the_raw_tables(manifest: dict[str, Any]) -> None:
    readers = {
        (layer(node), source.split(".")[2])
        for node in models(manifest)
        for source in node["depends_on"]["nodes"]
        if source.startswith("source.")
    }

    # serving reads published decisions and the clock of the newest known moment
    assert {name for name, source in readers if source == "ledger"} <= {"staging", "serving"}
    assert {name for name, source in readers if source == "decisions"} <= {
        "intermediate",
        "marts",
        "serving",
    }


def test_few_facts_read_published_decisions(manifest: dict[str, Any]) -> None:
    """No feature is among them, see below: a promotion must not shift the inputs of a model."""
    readers = {
        node["name"]
        for node in models(manifest)
        for source in node["depends_on"]["nodes"]
        if source.startswith("source.vesper.decisions.") and layer(node) != "serving"
    }

    assert readers == {
        "fct_newest_night",
        "fct_newest_stock_plans",
        "fct_segment_categories",
        "fct_shadow_applications",
        "fct_shadow_transactions",
        "int_market_customers_grouped",
        "int_market_months_queued",
    }


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_no_decision_reaches_a_feature(manifest: dict[str, Any], view: FeatureView) -> None:
    """A promotion of one model must not shift the inputs of another."""
    waiting, visited = [f"model.vesper.feat_{view.name}"], set[str]()
    while waiting:
        name = waiting.pop()
        visited.add(name)
        node = manifest["nodes"].get(name, {})
        waiting += [
            parent
            for parent in node.get("depends_on", {}).get("nodes", ())
            if parent not in visited
        ]

    sources = {name.split(".")[2] for name in visited if name.startswith("source.")}
    layers = {layer(manifest["nodes"][name]) for name in visited if name.startswith("model.")}
    assert sources == {"ledger"}
    assert "serving" not in layers


def test_every_model_and_column_is_described(manifest: dict[str, Any]) -> None:
    silent = [
        f"{node['name']}.{name}"
        for node in models(manifest)
        for name, column in {"": node, **node["columns"]}.items()
        if not column["description"]
    ]

    assert silent == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_feature_table_keeps_its_contract_and_its_rows(
    manifest: dict[str, Any], view: FeatureView
) -> None:
    config = manifest["nodes"][f"model.vesper.feat_{view.name}"]["config"]

    assert config["contract"]["enforced"] is True
    assert config["full_refresh"] is False
    assert config["incremental_strategy"] == "append"
    assert {"columns": [view.entity, "version"], "unique": True} in config["indexes"]


def test_models_stay_short_and_read_few_others(manifest: dict[str, Any]) -> None:
    sizes = {
        node["name"]: (len(node["raw_code"].splitlines()), len(node["depends_on"]["nodes"]))
        for node in models(manifest)
    }
    too_large = {
        name: (lines, reads)
        for name, (lines, reads) in sizes.items()
        if lines > LONG_MODELS.get(name, MAX_LINES) or reads > MANY_READS.get(name, 6)
    }

    assert too_large == {}


def test_macros_are_expressions_and_hold_no_query() -> None:
    """A model is read in one place; only books of one shape, and stock over time, share SQL."""
    holding = {
        path.stem
        for path in (PROJECT / "macros").glob("*.sql")
        if re.search(r"\bas (not )?(materialized )?\(\s*(select|with)\b", path.read_text())
    }

    assert holding == DAY_BOOKS | {"stock", "stock_by_span", "stock_over_time"}


def test_every_window_has_a_unit_test(manifest: dict[str, Any]) -> None:
    tested = {test["model"] for test in manifest["unit_tests"].values()}

    untested = {
        node["name"]
        for node in models(manifest)
        if re.search(r"_(summed|counted|compared|placed)$", node["name"])
    } - tested
    assert untested == set()


def test_a_run_builds_no_view(manifest: dict[str, Any]) -> None:
    """Dbt replaces a view by drop cascade, which would drop the views of analysts too."""
    run = {
        node["config"]["materialized"]
        for node in models(manifest)
        if layer(node) == "intermediate" or node["name"].startswith("feat_")
    }

    assert "view" not in run


def test_the_project_holds_no_python() -> None:
    assert list(PROJECT.rglob("*.py")) == []


def test_an_installation_builds_every_model(manifest: dict[str, Any]) -> None:
    assert manifest["selectors"][EVERYTHING]["definition"] == {
        "union": [{"method": "fqn", "value": "*"}]
    }


def test_each_job_builds_its_own_features_and_no_others() -> None:
    selectors = yaml.safe_load(Path(PROJECT / "selectors.yml").read_text())["selectors"]
    built = {selector["name"]: selector["definition"]["union"] for selector in selectors}
    applications, customers, cards, demand, stock = (
        {"method": "fqn", "value": f"vesper.intermediate.{folder}"}
        for folder in ("applications", "customers", "customers.cards", "demand", "stock")
    )

    assert {"exclude": [applications, customers, demand, stock]} in built["transaction_features"]
    assert applications in built["application_features"]
    assert customers in built["customer_features"]
    assert {"exclude": [cards]} in built["customer_features"]
    assert cards in built["card_customer_features"]
    assert demand in built["demand_features"]
    assert stock in built["stock_features"]
