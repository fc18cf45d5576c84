"""The page of a segment model shows its segments, its migration and its retention."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pytest

from features.views import CUSTOMER_NIGHTS
from scoring.models import card
from scoring.segments import figures, fitting, model_card, retention
from scoring.segments.model import POOLED
from scoring.segments.model_card import Content
from scoring.segments.rows import Customers
from scoring.segments.what_if import changes
from tests.unit.scoring.segments.customers import drawn


@pytest.fixture(scope="module")
def first() -> fitting.Fit:
    return fitting.fit(drawn(400), resamples=5)


def content(fit: fitting.Fit, *, is_first: bool) -> Content:
    return Content(
        CUSTOMER_NIGHTS,
        "2026-10-31",
        drawn(400),
        {POOLED: fit, "m1": fit},
        is_first,
        date(2026, 11, 1),
    )


def night(day: date, recency: list[float]) -> Customers:
    count = len(recency)
    return Customers(
        day,
        np.array(["m"] * count, dtype=object),
        np.array([f"c{number}" for number in range(count)], dtype=object),
        np.column_stack([recency, np.ones(count), np.ones(count)]),
    )


def test_the_card_of_a_first_fit_has_every_segment_and_no_migration(first: fitting.Fit) -> None:
    page = card.as_markdown(model_card.of(content(first, is_first=True)))

    assert all(f"| {name} |" in page for name in first.segments.names if name)
    assert "Segments of all merchants" in page
    assert "Segments of merchant m1" in page
    assert re.search(r"\| recency_days \| [1-9]\d*% \|", page)
    assert "## Migration" not in page


def test_the_card_of_a_refit_has_the_migration_and_the_verdict(first: fitting.Fit) -> None:
    refit = fitting.fit(drawn(400, seed=1), first.segments, resamples=5)

    page = card.as_markdown(model_card.of(content(refit, is_first=False)))

    assert "## Migration of all merchants" in page
    assert "agrees with the model in force by" in page


def test_a_model_page_has_the_pictures(first: fitting.Fit) -> None:
    drawn_figures = figures.draw(first, drawn(400), {"loyal, high value": [0.5, 0.4]})

    assert list(drawn_figures) == [
        "segments.png",
        "stability.png",
        "migration.png",
        "retention.png",
    ]


def test_retention_is_the_share_that_bought_in_each_month(first: fitting.Fit) -> None:
    nights = [
        night(date(2026, 8, 31), [5.0, 5.0]),
        night(date(2026, 9, 30), [29.0, 35.0]),
        night(date(2026, 10, 31), [60.0, 0.0]),
    ]

    [shares] = retention.by_segment(first.segments, nights).values()

    assert shares == [0.5, 0.5]
    assert retention.by_segment(first.segments, nights[:1]) == {}


def test_the_least_change_is_the_smallest_that_leads_elsewhere(first: fitting.Fit) -> None:
    customer = np.array([5.0, 20.0, 4_000.0])

    [silence, *_] = changes(first.segments, customer, 0)

    days = float(silence.words.split()[0])
    before, after = (
        first.segments.nearest(customer[None, :] + [[extra, 0, 0]])[0] for extra in (days - 1, days)
    )
    assert (before, after) == (0, silence.segment)


def test_the_customers_of_a_night_have_a_digest_of_their_values() -> None:
    one, two = (night(date(2026, 8, 31), [5.0, recency]) for recency in (5.0, 6.0))

    assert one.digest != two.digest
    assert one.digest == night(date(2026, 8, 31), [5.0, 5.0]).digest
    assert list(one.by_merchant) == ["m"]
