"""No mark of a chart on a run's page leaves its frame, whatever the numbers."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from scoring.pages import pictures

NIGHT = date(2026, 8, 31)
UNITS = st.floats(0, 1e9, allow_subnormal=False)


def places(svg: str) -> list[float]:
    """Return every coordinate of bars, lines, polygons and texts."""
    root = ET.fromstring(svg)  # noqa: S314 - our own text
    found: list[float] = []
    for element in root.iter():
        x = [element.get(name) for name in ("x", "x1", "x2")]
        y = [element.get(name) for name in ("y", "y1", "y2")]
        points = (element.get("points") or "").split()
        pairs = [[float(part) for part in point.split(",")] for point in points]
        assert all(0 <= float(value) <= pictures.WIDTH for value in x if value)
        assert all(0 <= float(value) <= pictures.HEIGHT for value in y if value)
        for across, down in pairs:
            assert 0 <= across <= pictures.WIDTH
            assert 0 <= down <= pictures.HEIGHT
            found += [across, down]
    return found


@given(
    past=st.lists(UNITS, min_size=1, max_size=56),
    mean=st.lists(UNITS, min_size=28, max_size=28),
    promotions=st.lists(st.tuples(st.integers(-90, 60), st.integers(0, 90)), max_size=3),
)
def test_no_mark_leaves_the_frame_whatever_the_units(
    past: list[float], mean: list[float], promotions: list[tuple[int, int]]
) -> None:
    spans = [(first, first + days) for first, days in promotions]
    high = [value * 1.5 for value in mean]

    svg = pictures.forecast(past, mean, NIGHT, "t", band=(mean, high), promotions=spans)

    assert places(svg)
    assert "nan" not in svg


@given(levels=st.lists(UNITS, min_size=2, max_size=29), day=st.integers(0, 40))
def test_no_mark_of_a_stock_leaves_the_frame(levels: list[float], day: int) -> None:
    svg = pictures.stock(levels, NIGHT, "t", arrivals=[(day, 3.0)], order_day=day)

    assert places(svg)
    assert "nan" not in svg
