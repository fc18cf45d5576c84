"""A feature view only grows: the first features of a version are those of the version before."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from features.platform.errors import ConfigurationError
from features.views import BUILT_AS, TRANSACTIONS, VIEWS, Feature, FeatureView
from features.views.declarations import amount, appended, count
from features.views.digests import digest_as_built, feature_digest

ROOT = Path(__file__).resolve().parents[3]
OLD = (amount("spent", "spending", "Spent", "Spent"), count("visits", "visits", "Visits", "Visits"))
NEW = count("refunds", "refunds", "Refunds", "Refunds")


def a_view(version: int, *features: Feature) -> FeatureView:
    return replace(TRANSACTIONS, version=version, features=features)


GROWN = a_view(2, *OLD, *appended(2, [NEW]))


def test_an_earlier_version_has_the_first_features() -> None:
    assert GROWN.at(1).columns == ("spent", "visits")
    assert GROWN.at(2) == GROWN
    assert GROWN.pinned("transactions@1") == GROWN.at(1)


def test_an_appended_feature_may_be_null_because_older_rows_have_none() -> None:
    assert not GROWN.feature("refunds").required

    with pytest.raises(ValueError, match="rows of version 1 have no value"):
        replace(NEW, since=2)


def test_a_feature_between_older_ones_is_refused() -> None:
    with pytest.raises(ValueError, match="appends its features"):
        a_view(2, OLD[0], *appended(2, [NEW]), OLD[1])


def test_a_feature_of_a_version_to_come_is_refused() -> None:
    with pytest.raises(ValueError, match="appends its features"):
        a_view(1, *OLD, *appended(2, [NEW]))


def test_rows_of_a_grown_view_name_the_version_that_built_them() -> None:
    with pytest.raises(ValueError, match="view_version"):
        replace(GROWN, carried=("transaction_id",))


@pytest.mark.parametrize("pin", ["transactions@3", "transactions@0"])
def test_a_version_that_the_release_does_not_know_is_named(pin: str) -> None:
    with pytest.raises(ConfigurationError, match="knows the versions 1 to 2"):
        GROWN.pinned(pin)


@pytest.mark.parametrize("pin", ["applications@1", "transactions", "transactions@x"])
def test_the_view_of_another_job_is_refused(pin: str) -> None:
    with pytest.raises(ConfigurationError, match="the run has the feature view"):
        GROWN.pinned(pin)


def test_a_row_is_digested_over_the_features_of_its_own_version() -> None:
    first = feature_digest(GROWN.at(1), "stored").as_string()
    second = feature_digest(GROWN, "stored").as_string()

    assert '"refunds"' not in first
    assert digest_as_built(GROWN, "stored", "stored").as_string() == (
        f'case coalesce("stored"."view_version", 1) when 1 then {first} when 2 then {second} end'
    )
    assert digest_as_built(GROWN.at(1), "stored", "stored").as_string() == first


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_the_model_of_a_view_that_has_grown_writes_its_version(view: FeatureView) -> None:
    model = (ROOT / "dbt" / "models" / "marts" / f"feat_{view.name}.sql").read_text()

    written = re.findall(rf"(\d+) as {BUILT_AS},", model)

    assert written == ([str(view.version)] if view.version > 1 else [])
