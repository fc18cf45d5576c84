"""No feature contains the future: the real models keep the laws on irregular raw histories."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.integration.point_in_time import laws
from tests.integration.point_in_time.raw_histories import HOUR, a_raw_history

# dbt runs in each example; in CI, the examples are the same in every run
few = settings(
    deadline=None,
    max_examples=3,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SEED = 7


@few
@given(place=st.integers(1, 5))
def test_events_after_a_row_never_enter_its_features(features: Any, place: int) -> None:
    assert laws.moved_by_later_rows(features, a_raw_history(SEED), place) == {}


def test_events_at_the_instant_of_a_row_enter_no_window(features: Any) -> None:
    assert laws.moved_by_peers(features, a_raw_history(SEED)) == {}


@pytest.mark.parametrize("seed", [SEED, 11])
def test_knowledge_after_a_row_never_enters_its_features(features: Any, seed: int) -> None:
    assert laws.moved_by_later_knowledge(features, a_raw_history(seed)) == {}


@few
@given(place=st.integers(0, 4))
def test_a_raw_history_that_ends_early_gives_the_same_features(features: Any, place: int) -> None:
    raw_history = a_raw_history(SEED)
    moment = max(row["known_at"] for row in raw_history.deliveries[place])

    assert laws.moved_by_an_early_end(features, raw_history, raw_history.known_by(moment)) == {}


@few
@given(hours=st.integers(1, 40 * 24))
def test_absent_later_events_do_not_change_features(features: Any, hours: int) -> None:
    raw_history = a_raw_history(SEED)
    newest = max(row["occurred_at"] for row in raw_history.rows())

    assert (
        laws.moved_by_an_early_end(
            features, raw_history, raw_history.happened_by(newest - hours * HOUR)
        )
        == {}
    )


@few
@given(
    seed=st.sampled_from([SEED, 11]),
    build_after=st.sets(st.integers(0, 4), max_size=3),
    order=st.integers(0, 1_000),
)
def test_the_schedule_of_builds_and_the_order_of_rows_do_not_change_features(
    features: Any, seed: int, build_after: set[int], order: int
) -> None:
    assert laws.moved_by_schedule_and_order(features, a_raw_history(seed), build_after, order) == {}


def test_facts_known_after_a_row_or_valid_after_it_never_enter_its_features(features: Any) -> None:
    assert laws.moved_by_later_facts(features, a_raw_history(SEED)) == {}


def test_no_row_uses_its_own_label_or_an_immature_label(features: Any) -> None:
    assert laws.moved_by_labels_before_maturity(features, a_raw_history(SEED)) == {}


def test_a_label_known_at_once_has_no_earlier_effect(features: Any) -> None:
    assert laws.moved_by_labels_known_at_once(features, a_raw_history(SEED)) == {}
