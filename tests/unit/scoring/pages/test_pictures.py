"""The charts of a run's page show the days, the promotions and the orders where they are."""

from __future__ import annotations

import re
from datetime import date
from html import escape

import pytest

from scoring.pages import pictures
from tests.unit.scoring.pages.contents import a_plan, a_series

NIGHT = date(2026, 8, 31)


@pytest.mark.parametrize("value", [0.0, 0.004, 1.0, 7.0, 12_345.0])
def test_the_axis_begins_at_zero_and_ends_above_the_highest_number(value: float) -> None:
    svg = pictures.forecast([value] * 3, [value] * 28, NIGHT, "t")
    ends = re.findall(r'text-anchor="end">([^<]*)<', svg)

    assert ends[0] == "0"
    top = float(ends[-1].replace(" k", "e3").replace(",", ""))
    assert value <= top <= max(2.5 * value, 1.0)


def test_a_day_without_units_has_no_bar() -> None:
    svg = pictures.forecast([0.0, 2.0, 0.0, 1.0], [1.0] * 28, NIGHT, "t")

    assert svg.count('class="past"') == 2


def test_a_promotion_outside_of_the_picture_is_not_drawn() -> None:
    def drawn(first: int, last: int) -> int:
        svg = pictures.forecast([1.0] * 56, [1.0] * 28, NIGHT, "t", promotions=[(first, last)])
        return svg.count('class="promotion"')

    assert drawn(29, 40) == 0
    assert drawn(-90, -56) == 0
    assert drawn(-90, -55) == 1
    assert drawn(28, 40) == 1


def test_the_title_of_a_picture_is_escaped() -> None:
    name = '"><script>'
    svg = a_series(product_id=name).picture()

    assert name not in svg
    assert f'aria-label="{escape(name)}' in svg


def test_stock_falls_by_the_demand_rises_by_deliveries_and_is_never_negative() -> None:
    plan = a_plan(available=5.0, inbound_units=[6.0, 1.0], inbound_due=[3.0, -4.0])

    assert plan.levels()[:7] == [5.0, 4.0, 2.0, 6.0, 4.0, 2.0, 0.0]
    assert plan.levels()[-1] == 0.0
    assert 'class="out"' in plan.picture()


def test_a_picture_of_stock_marks_a_proposed_order_alone() -> None:
    assert "order</text>" in a_plan(order_units=3.0).picture()
    assert "order</text>" not in a_plan(order_units=0.0).picture()
