"""A training measures on nights that its model has not seen, and its page says so."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from features.views import CUSTOMERS
from scoring.models import card
from scoring.spending import figures, fitting, model_card
from scoring.spending.past import COLUMNS
from scoring.spending.rows import HORIZONS, TrainingSet
from tests.spending import BOOK, matrix_of

BASELINES = ("spend_30d", "spend_90d")


def rows_of(*nights: int) -> TrainingSet:
    """Return the training rows of some nights of the day book."""
    parts = []
    for night in nights:
        customers = BOOK.active(night)
        plain = BOOK.baselines(night, 30, customers)
        past = BOOK.past(night, customers)
        spend = np.column_stack([plain.last, plain.mean * past.observed / 30])
        spent = [
            BOOK.next(night, days, customers)
            if night + days < BOOK.days
            else np.full(len(customers), np.nan)
            for days in HORIZONS
        ]
        matrix = np.column_stack([matrix_of(past), spend])
        parts.append((matrix, customers, np.full(len(customers), night), np.column_stack(spent)))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return TrainingSet((*COLUMNS, *BASELINES), *columns)


def test_a_night_is_measured_by_a_model_of_the_nights_known_then() -> None:
    month, quarter = fitting.test(rows_of(29, 58, 89, 119))

    assert (month.horizon, month.night, month.rule) == (30, 119, fitting.LATER_NIGHT)
    assert (quarter.horizon, quarter.night) == (90, 89)
    assert month.measures.ratio_last.value < 1
    assert 0.7 < month.measures.coverage.value < 0.9


def test_rows_known_on_a_day_have_no_later_spending() -> None:
    known = rows_of(29, 58, 89).as_known_on(119)

    assert set(known.day) == {29, 58, 89}
    assert np.isfinite(known.spent_within(30)).all()
    assert set(known.day[np.isfinite(known.spent_within(90))]) == {29}


def test_one_month_end_alone_is_measured_on_other_customers() -> None:
    [month] = fitting.test(rows_of(120))

    assert month.rule == fitting.OTHER_CUSTOMERS
    assert 0.65 < month.measures.coverage.value < 0.95


@pytest.mark.parametrize(
    ("nights", "choice"), [((58, 89, 119), "of its own"), ((100, 140), "stretched")]
)
def test_the_page_states_measures_limits_and_the_origin_of_the_quarter(
    nights: tuple[int, ...], choice: str
) -> None:
    rows = rows_of(*nights)
    tested, model = fitting.test(rows), fitting.fit(rows)

    page = card.as_markdown(
        model_card.of(
            model,
            rows,
            tested,
            CUSTOMERS.qualified,
            datetime(2026, 1, 1, tzinfo=UTC),
            date(2026, 1, 1),
        )
    )

    assert "customers@1" in page
    assert choice in page
    assert "The point is a median" in page
    assert "| mean_transaction_90d | 0% | 9" in page  # without amounts, almost no spending
    assert "of that of the own mean, " in page
    assert "share within the interval (0.8)" in page
    assert set(figures.draw(tested)) == {"calibration.png", "coverage.png"}
