"""The period to learn from follows from the labels at hand, and is shown week by week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from features.platform.errors import ConfigurationError, TooFewLabelsError
from scoring.fraud import period
from scoring.fraud.period import LabelsAtHand
from scoring.runs.training_order import TrainingOrder

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = (datetime(2018, 1, 1, tzinfo=UTC) - EPOCH).days  # a Monday
WEEK = timedelta(days=7)
ANY = TrainingOrder()


def labels(days: int, rows: int = 1_000, frauds: int = 10, young_days: int = 7) -> LabelsAtHand:
    """Return even days, of which the last ones have not matured."""
    day = np.arange(FIRST, FIRST + days)
    is_young = np.arange(days) >= days - young_days
    return LabelsAtHand(
        as_of=EPOCH + timedelta(days=FIRST + days) + WEEK - timedelta(days=young_days),
        maturity=WEEK,
        day=day,
        rows=np.where(is_young, 0, rows),
        frauds=np.where(is_young, 0, frauds),
        young=np.where(is_young, rows, 0),
        newest=EPOCH + timedelta(days=FIRST + days, seconds=-1),
    )


def days_of(chosen: period.Period) -> int:
    return (chosen.end - chosen.start).days


def test_the_period_is_short_where_frauds_are_many() -> None:
    assert days_of(period.choose(labels(days=400, frauds=100), ANY)) == 60


def test_the_period_goes_back_until_it_holds_enough_frauds() -> None:
    chosen = period.choose(labels(days=400, frauds=10), ANY)

    assert days_of(chosen) == 200
    assert chosen.reason == "the 200 days that hold 2,000 frauds, 2,000 frauds"


def test_few_frauds_take_all_there_is() -> None:
    chosen = period.choose(labels(days=400, frauds=1), ANY)

    assert days_of(chosen) == 393
    assert chosen.reason == "all there is, 393 frauds"


def test_the_period_is_never_longer_than_two_years() -> None:
    chosen = period.choose(labels(days=1_000, frauds=1), ANY)

    assert days_of(chosen) == 730
    assert chosen.reason.startswith("the 730 days before it")


def test_a_great_number_of_rows_ends_the_period() -> None:
    chosen = period.choose(labels(days=400, rows=20_000, frauds=1), ANY)

    assert days_of(chosen) == 100
    assert "2,000,000 rows" in chosen.reason


def test_data_of_the_past_is_found_whatever_the_moment_of_the_training() -> None:
    old = labels(days=120, young_days=0)
    today = LabelsAtHand(
        as_of=datetime(2026, 1, 1, tzinfo=UTC),
        maturity=WEEK,
        day=old.day,
        rows=old.rows,
        frauds=old.frauds,
        young=old.young,
        newest=old.newest,
    )

    chosen = period.choose(today, ANY)

    assert chosen.end == EPOCH + timedelta(days=FIRST + 120)
    assert days_of(chosen) == 120


def test_the_order_bounds_the_period() -> None:
    start, end = datetime(2018, 3, 1, tzinfo=UTC), datetime(2018, 4, 1, tzinfo=UTC)

    chosen = period.choose(labels(days=200), TrainingOrder(start=start, end=end))

    assert (chosen.start, chosen.end) == (start, end)


def test_an_end_that_has_not_matured_is_refused_with_the_last_one_that_has() -> None:
    at_hand = labels(days=30)
    late = TrainingOrder(end=at_hand.matured + timedelta(days=1))

    with pytest.raises(ConfigurationError, match="lies after 2018-01-24T00:00Z"):
        period.choose(at_hand, late)


def test_a_start_after_the_matured_rows_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="where the matured rows end"):
        period.choose(labels(days=30), TrainingOrder(start=datetime(2018, 2, 1, tzinfo=UTC)))


def test_rows_that_are_all_too_young_are_counted_with_the_moment_of_their_maturity() -> None:
    with pytest.raises(TooFewLabelsError) as refusal:
        period.choose(labels(days=7), ANY)

    assert "not matured yet: 7,000 rows" in str(refusal.value)
    assert "the last from 2018-01-14T23:59Z" in str(refusal.value)


def test_without_any_features_the_next_step_is_named() -> None:
    empty = np.array([], dtype=np.int64)
    nothing = LabelsAtHand(EPOCH, WEEK, empty, empty, empty, empty, None)

    with pytest.raises(TooFewLabelsError, match="vesper build score_transactions"):
        period.choose(nothing, ANY)


def test_weeks_are_shown_from_monday_with_the_used_ones_marked() -> None:
    at_hand = labels(days=21)
    chosen = period.Period(EPOCH + timedelta(days=FIRST + 7), at_hand.matured, "as ordered")

    shown = period.lines(at_hand, chosen)

    assert shown[1].split() == ["2018-01-01", "7,000", "70", "1.000%"]
    assert shown[2].split() == ["2018-01-08", "7,000", "70", "1.000%", "used"]
    assert len(shown) == 4


def test_years_of_weeks_take_few_lines_that_add_up() -> None:
    at_hand = labels(days=1_000)

    shown = period.lines(at_hand)[1:-1]

    assert len(shown) <= period.MOST_LINES
    total = sum(int(line.split()[1].replace(",", "")) for line in shown)
    assert total == at_hand.rows.sum()


def test_the_advice_says_how_long_the_wait_is_at_the_present_rate() -> None:
    assert "in 5 weeks" in period.advice(labels(days=42, frauds=1), needed=60)
