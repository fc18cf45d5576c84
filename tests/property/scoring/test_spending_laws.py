"""A forecast of spending is ordered and finite, and a row's forecast is its own."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scoring.spending.horizon import HorizonForecast
from scoring.spending.past import COLUMNS, MONTH, from_matrix
from tests.spending import a_day_book

BOOK = a_day_book(200, 120)
FORECAST = HorizonForecast(MONTH)
for learn, day in ((FORECAST.fit, 50), (FORECAST.calibrate, 70)):
    customers = BOOK.active(day)
    learn(BOOK.past(day, customers), BOOK.next(day, MONTH, customers))

counts = st.integers(0, 100_000).map(float)
amounts = st.floats(0, 1e9) | st.just(float("nan"))
days = st.integers(0, 89).map(float) | st.just(float("nan"))
row = st.tuples(counts, counts, amounts, amounts, days, days, st.integers(1, 90).map(float))


@given(st.lists(row, min_size=1, max_size=40))
def test_the_point_lies_within_its_interval_and_no_spending_is_negative(rows: list[tuple]) -> None:
    forecast = FORECAST.predict(from_matrix(np.array(rows), COLUMNS))

    assert np.isfinite(forecast.high).all()
    assert (forecast.low >= 0).all()
    assert (forecast.low <= forecast.point).all()
    assert (forecast.point <= forecast.high).all()


@given(st.lists(row, min_size=2, max_size=40), st.integers(0, 39))
def test_the_forecast_of_a_row_does_not_depend_on_the_other_rows(
    rows: list[tuple], place: int
) -> None:
    place %= len(rows)
    matrix = np.array(rows)

    together = FORECAST.predict(from_matrix(matrix, COLUMNS))
    alone = FORECAST.predict(from_matrix(matrix[[place]], COLUMNS))

    for name in ("low", "point", "high"):
        assert getattr(together, name)[place].tobytes() == getattr(alone, name)[0].tobytes()
