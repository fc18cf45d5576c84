"""On drawn books of a lender, the features of loan applications equal their plain definition."""

from __future__ import annotations

import math
import random
from datetime import date
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features.build import build
from features.views import APPLICATIONS
from tests.integration.point_in_time.books import FEEDS, Book, Event, a_book
from tests.property.features.application_oracle import features_of

# values that the columns of an application may hold; nulls are more frequent than usual
VALUES: dict[str, list[Any]] = {
    "requested_amount_minor": [1, 50_000, 1_234_567, 10**15],
    "requested_amount_base_minor": [None, 1, 1_234_567, 9 * 10**15],
    "term_months": [1, 12, 36, 60, 600],
    "purpose": [None, "car", "House", "MOVING", "wedding", "medical", "credit_card", "a boat"],
    "annual_income_minor": [None, 0, 1, 6_000_000, 10**15],
    "annual_income_base_minor": [None, 0, 6_000_000],
    "employment_years": [None, 0, 5, 10],
    "home_ownership": [None, "RENT", "own", "Mortgage", "ANY"],
    "debt_to_income_percent": [None, 0.0, 12.5, 10_000.0],
    "fico_low": [None, 300, 660, 846],
    "fico_high": [None, 304, 664, 850],
    "revolving_utilisation_percent": [None, 0.0, 33.3, 151.0],
    "inquiry_count_6m": [None, 0, 3],
    "delinquency_count_2y": [None, 0, 11],
    "public_record_count": [None, 0, 2],
    "open_account_count": [None, 1, 40],
    "total_account_count": [None, 1, 90],
    "revolving_balance_base_minor": [None, 0, 1_234_500],
    "months_since_delinquency": [None, 0, 80],
    "first_credit_date": [None, date(1946, 2, 28), date(2024, 2, 29), date(2026, 12, 31)],
}


def a_motley_book(seed: int) -> Book:
    """Draw a book whose applications hold any values and whose verdicts contradict each other."""
    draw = random.Random(seed)  # noqa: S311 - a draw, not a secret
    book = a_book(seed)
    contradictions = [
        row
        | {"version": row["version"] + 10, "is_fraud": not row["is_fraud"], "provenance": "analyst"}
        for row in book.of("labels")[::3]
    ]
    return Book(
        tuple(
            Event(feed, row | {name: draw.choice(values) for name, values in VALUES.items()})
            if feed == "applications"
            else Event(feed, row)
            for feed, row in book.plus("labels", contradictions).events
        )
    )


def same(value: Any, expected: Any) -> bool:
    """Return whether two values agree to the rounding of a few operations."""
    if value is None or expected is None or isinstance(value, str):
        return bool(value == expected)
    return math.isclose(value, expected, rel_tol=1e-12)


@settings(
    deadline=None,
    max_examples=3,  # dbt runs twice in each example
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32), build_after=st.integers(0, 4))
def test_features_of_applications_equal_their_definition(
    fresh_built: Any, seed: int, build_after: int
) -> None:
    book = a_motley_book(seed)
    with fresh_built() as db:
        for place, deliveries in enumerate(book.rounds()):
            for feed, rows in deliveries:
                FEEDS[feed](db, rows)
            if place in (build_after, 5):
                build("application_features", db.settings.warehouse, db.settings.work)
        names = APPLICATIONS.columns
        computed = {
            row[:2]: dict(zip(names, row[2:], strict=True))
            for row in db.rows(
                f"select application_id, version, {', '.join(names)} from marts.feat_applications"
            )
        }

    expected = features_of(book)
    assert computed.keys() == expected.keys()
    assert set(next(iter(expected.values()))) == set(names)
    wrong = {
        (key, name): (computed[key][name], value)
        for key, values in expected.items()
        for name, value in values.items()
        if not same(computed[key][name], value)
    }
    assert wrong == {}
