"""The forecast of spending beats plain rules on customers with known habits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import skops.io

from features.platform.errors import TooFewLabelsError
from scoring.models import model_files
from scoring.runs.job import ModelSlot
from scoring.spending.horizon import HorizonForecast
from scoring.spending.model import ANSWERS, FEWEST_ROWS, PurchasingPowerModel
from scoring.spending.past import COLUMNS, from_matrix
from scoring.spending.quality import backtest
from scoring.spending.quality.backtest import Days
from tests.spending import BOOK, matrix_of

SLOT = ModelSlot(
    "spending",
    "purchasing_power",
    ("scoring.spending.model.PurchasingPowerModel",),
    ("scoring.spending.horizon.HorizonForecast",),
)


def rows_of(*nights: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return feature rows of nights, their spending of 30 and 90 days, and the nights."""
    parts = []
    for night in nights:
        customers = BOOK.active(night)
        month = BOOK.next(night, 30, customers)
        quarter = BOOK.next(night, 90, customers)
        if night + 90 >= BOOK.days:
            quarter = np.full(len(customers), np.nan)
        parts.append((matrix_of(BOOK.past(night, customers)), month, quarter, night))
    return (
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
        np.concatenate([np.full(len(part[1]), part[3]) for part in parts]),
    )


def a_model(*nights: int) -> PurchasingPowerModel:
    return PurchasingPowerModel(COLUMNS).fit(*rows_of(*nights))


def test_the_forecast_beats_both_plain_rules_on_later_days() -> None:
    measures = backtest.measure_days(BOOK, Days((59, 75), 89, 119), 30)

    assert measures.ratio_last.high < 1
    assert measures.ratio_mean.value < 1
    assert 0.75 <= measures.coverage.value <= 0.85


def test_a_horizon_that_the_test_does_not_know_yet_is_refused() -> None:
    with pytest.raises(ValueError, match="must have passed"):
        backtest.measure_days(BOOK, Days((59,), 100, 119), 30)
    with pytest.raises(ValueError, match="must have passed"):
        backtest.measure_days(BOOK, Days((59,), 89, 160), 30)


def test_the_model_answers_for_a_month_and_for_a_quarter() -> None:
    model = a_model(40, 60, 89)
    matrix, _, _, _ = rows_of(120)

    answers = model.predict(matrix)

    assert answers.shape == (len(matrix), len(ANSWERS)) == (len(matrix), 6)
    month, quarter = answers[:, 0], answers[:, 3]
    assert not model.is_quarter_stretched_
    assert 2.5 < quarter.sum() / month.sum() < 3.5


def test_without_a_known_quarter_the_month_is_stretched() -> None:
    model = a_model(110, 149)
    matrix, _, _, _ = rows_of(149)

    answers = model.predict(matrix)

    assert model.is_quarter_stretched_
    assert answers[:, 3] == pytest.approx(answers[:, 0] * 3)


def test_one_night_alone_calibrates_on_every_second_customer() -> None:
    model = a_model(89)
    matrix, month, _, _ = rows_of(120)

    forecast = model.score(matrix)
    is_covered = (forecast.spend_30d_low <= month) & (month <= forecast.spend_30d_high)

    assert 0.7 < is_covered.mean() < 0.9


def test_rare_large_amounts_count_less_than_usual_ones() -> None:
    forecast = a_model(60, 89).month_
    past = BOOK.past(120, BOOK.active(120))
    with_one_off = replace(past, mean=past.usual * 2)
    without = replace(past, mean=past.usual)

    ratio = forecast.predict(with_one_off).point / forecast.predict(without).point

    assert np.median(ratio[past.purchases > 20]) < 1.8


def test_a_customer_without_a_purchase_has_a_small_forecast() -> None:
    model = a_model(60, 89)
    nothing = np.array([[0.0, 0.0, np.nan, np.nan, np.nan, np.nan, 90.0]])

    answers = model.predict(nothing)[0]

    assert np.isfinite(answers).all()
    assert answers[0] < np.median(rows_of(120)[1]) / 2


def test_too_few_nights_are_refused_with_the_next_step() -> None:
    matrix, month, quarter, night = (part[: FEWEST_ROWS - 1] for part in rows_of(89))

    with pytest.raises(TooFewLabelsError, match="deliver more history"):
        PurchasingPowerModel(COLUMNS).fit(matrix, month, quarter, night)


def test_a_matrix_without_a_needed_column_is_refused() -> None:
    with pytest.raises(ValueError, match="observed_days"):
        from_matrix(np.zeros((1, 6)), COLUMNS[:-1])


def test_a_customer_of_an_unknown_start_of_the_feed_has_no_burst_of_purchases() -> None:
    known = from_matrix(np.array([[10, 30, 20.0, 20.0, 80.0, 2.0, np.nan]]), COLUMNS)

    assert known.purchases / known.observed == pytest.approx([30 / 90])


def test_the_same_rows_give_the_same_model() -> None:
    first, second = a_model(60, 89), a_model(60, 89)

    assert first.month_.coef_.tobytes() == second.month_.coef_.tobytes()
    assert isinstance(first.month_, HorizonForecast)


def test_a_model_file_is_read_back_with_the_list_of_types(tmp_path: Path) -> None:
    model, path = a_model(60, 89), tmp_path / "model.skops"
    skops.io.dump(model, path)
    matrix, _, _, _ = rows_of(120)

    copy = model_files.read(path, "a model", SLOT)

    assert copy.predict(matrix).tobytes() == model.predict(matrix).tobytes()
