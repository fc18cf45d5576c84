"""Forecasts become ledger rows: one status per horizon, and a split by category."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Status
from scoring.spending.categories import split
from scoring.spending.decider import together
from scoring.spending.horizon import HorizonForecast
from scoring.spending.job import HORIZONS, JOB
from scoring.spending.past import COLUMNS, from_matrix
from scoring.spending.sentences import of_past, of_steps
from tests.spending import BOOK


def amounts(text: str | None) -> dict[str, float]:
    return json.loads(text or "{}")


def test_a_forecast_is_split_in_proportion_to_past_spending() -> None:
    spent = pa.array(['{"food": 30, "travel": 90.0}', '{"books": 5}'])

    parts = split(np.array([200.0, 7.5]), spent).to_pylist()

    assert list(map(amounts, parts)) == [{"food": 50, "travel": 150}, {"books": 7.5}]


def test_odd_names_of_categories_stay_valid_text() -> None:
    spent = pa.array([json.dumps({'a "b"': 1, "ü\n,{": 2, "": 1})])

    assert amounts(split(np.array([8.0]), spent)[0].as_py()) == {'a "b"': 2, "ü\n,{": 4, "": 2}


def test_without_past_spending_or_forecast_there_is_no_split() -> None:
    spent = pa.array(["{}", None, '{"food": 1}', '{"food": -2}'])

    parts = split(np.array([1.0, 1.0, np.nan, 1.0]), spent)

    assert parts.to_pylist() == [None] * 4
    assert split(np.array([1.0]), pa.array(["{}"])).to_pylist() == [None]
    assert split(np.array([]), pa.array([], pa.string())).to_pylist() == []


def test_the_split_of_a_row_does_not_depend_on_the_other_rows() -> None:
    spent = pa.array(['{"food": 1, "travel": 2}', '{"books": 1, "food": 0.1, "art": 3}'])
    forecast = np.array([10.0, 33.3])

    together_ = split(forecast, spent)

    assert [together_[0], together_[1]] == [
        split(forecast[:1], spent[:1])[0],
        split(forecast[1:], spent[1:])[0],
    ]


def test_a_point_without_its_interval_is_no_answer() -> None:
    ok = np.full(2, Status.OK, dtype=object)
    scores = {answer.name: ComponentScores(np.ones(2), ok) for answer in JOB.answers}
    is_invalid = np.array([Status.OK, Status.INVALID_SCORE], dtype=object)
    scores["spend_30d_high"] = ComponentScores(np.array([1.0, np.nan]), is_invalid)

    result = together(scores)

    for name in HORIZONS["month_status"]:
        assert result[name].status.tolist() == [Status.OK, Status.INVALID_SCORE]
        assert np.isnan(result[name].values).tolist() == [False, True]
    assert result["spend_90d"].is_ok.all()


def test_one_line_describes_a_forecast() -> None:
    row = dict.fromkeys(JOB.columns) | {
        "month_status": "ok",
        "spend_30d": 1234.5,
        "spend_30d_low": 1000.0,
        "spend_30d_high": 2000.0,
        "quarter_status": "model_failed",
    }

    assert JOB.summary is not None
    assert JOB.summary(row) == (
        "card spending of the next 30 days: 1,234.50 (1,000.00 to 2,000.00); "
        "90 days: no forecast (model_failed)"
    )


def test_the_steps_of_an_explanation_lead_to_the_point() -> None:
    customers = BOOK.active(70)
    forecast = HorizonForecast(30).fit(BOOK.past(70, customers), BOOK.next(70, 30, customers))
    forecast.calibrate(BOOK.past(90, customers), BOOK.next(90, 30, customers))
    past = BOOK.past(120, customers[:1])
    night = datetime(2026, 5, 1, tzinfo=UTC)

    steps = forecast.steps(past)
    lines = [*of_past(past, night), *of_steps(steps, 30)]

    point = forecast.predict(past).point[0]
    assert steps.rate * steps.amount * steps.factor * 30 == pytest.approx(point)
    assert lines[0].startswith(f"{past.purchases[0]:.0f} purchases in 90 known days up to 2026-05")
    assert lines[-1].endswith(f"= {point:,.2f}")


def test_a_customer_without_a_purchase_is_explained_as_such() -> None:
    nothing = from_matrix(np.array([[0, 0, *[np.nan] * 4, 31.0]]), COLUMNS)

    assert of_past(nothing, datetime(2026, 5, 1, tzinfo=UTC)) == [
        "no purchase in 31 known days up to 2026-05-01"
    ]
