"""The suites agree with the feature views, the raw tables, the ledger and the list of names."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from expectations import suites
from expectations.features import from_view
from features.feeds import FEEDS
from features.views import VIEWS, FeatureView, Kind
from scoring.domains import JOBS, SUITES
from scoring.runs.job import Job
from tests.conftest import Db

MANY = 1_000_000
# columns of the raw tables beyond a delivery: clocks, order, and values computed at admission
COMPUTED = {"version", "delivery_id", "delivery_seq", "known_at", "is_history", "source"}
COMPUTED |= {"content_digest", "is_default", "valid_from"}

each_view = pytest.mark.parametrize("view", VIEWS, ids=lambda v: v.name)


def expectations_of(suite: str) -> list[Any]:
    return list(SUITES[suite].load(MANY).expectations)


def expectations_of_view(view: FeatureView) -> list[Any]:
    suite = f"features.{view.name}"
    return expectations_of(suite) if suite in SUITES else list(from_view(view))


@pytest.mark.parametrize("suite", sorted(SUITES))
def test_a_suite_has_its_name_and_every_expectation_its_reason(suite: str) -> None:
    loaded = SUITES[suite].load(MANY)

    assert loaded.name == suite
    for expectation in loaded.expectations:
        assert expectation.severity.value in {"critical", "warning"}
        assert str(expectation.notes or "").endswith((".", "?"))
        assert expectation.words()


@pytest.mark.parametrize("suite", sorted(SUITES))
def test_a_suite_has_no_expectation_twice(suite: str) -> None:
    counts = Counter(expectation.words() for expectation in expectations_of(suite))

    assert [words for words, times in counts.items() if times > 1] == []


@each_view
def test_every_number_of_a_view_is_bounded_and_every_category_has_its_levels(
    view: FeatureView,
) -> None:
    expectations = expectations_of_view(view)
    bounded = [e.column for e in expectations if "within" in e_type(e)]
    levels = {e.column: tuple(e.value_set) for e in expectations if "among" in e_type(e)}

    unbounded = {Kind.FLAG, Kind.CATEGORY}
    assert bounded == [f.name for f in view.features if f.kind not in unbounded]
    assert levels == {f.name: f.levels for f in view.features if f.kind is Kind.CATEGORY}


@each_view
def test_every_required_feature_is_expected_to_be_present(view: FeatureView) -> None:
    expectations = expectations_of_view(view)

    assert [e.column for e in expectations if "present" in e_type(e)] == [
        feature.name for feature in view.features if feature.required
    ]


@each_view
def test_the_features_suite_checks_every_column_of_the_view(view: FeatureView) -> None:
    [columns] = [e for e in expectations_of_view(view) if "columns" in e_type(e)]

    assert set(columns.column_set) >= {view.entity, *view.columns}


def test_every_number_has_an_upper_bound_because_postgres_sorts_nan_above_all() -> None:
    for suite in SUITES:
        for expectation in expectations_of(suite):
            if "within" in e_type(expectation):
                assert expectation.max_value is not None, (suite, expectation.column)


def test_the_raw_suites_check_the_columns_of_the_raw_tables(migrated: Db) -> None:
    for feed in FEEDS.values():
        if feed.suite:
            [checked] = [e for e in expectations_of(feed.suite) if "columns" in e_type(e)]
            stored = columns(migrated, *feed.table.split("."))
            existing = {name for name in stored if "_base_minor" not in name}

            assert set(checked.column_set) - {"last_payment_date"} == existing - COMPUTED | {
                "row_number"
            }


def test_every_feed_has_a_suite_or_is_closed_to_gates() -> None:
    gated = set(suites.RAW)

    assert gated == set(FEEDS) - suites.CLOSED
    assert {"applicant_attributes"} == suites.CLOSED


@pytest.mark.parametrize("job", JOBS.values(), ids=lambda job: job.name)
def test_the_decisions_suite_checks_the_columns_of_the_ledger(migrated: Db, job: Job) -> None:
    ledger = columns(migrated, *job.ledger.table.split("."))
    [checked] = [e for e in expectations_of(job.gates.decisions.name) if "columns" in e_type(e)]

    assert set(checked.column_set) == ledger - {"revision"} | {"chunk"}
    assert ledger == set(job.columns)


def columns(db: Db, schema: str, table: str) -> set[str]:
    return {
        name
        for (name,) in db.rows(
            "select column_name::text from information_schema.columns"
            " where table_schema = %s and table_name = %s",
            schema,
            table,
        )
    }


def e_type(expectation: Any) -> str:
    return str(expectation.configuration.type)
