"""The methods behind the views of merchants, on drawn tables in Postgres."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.stats import gamma

from tests.conftest import Db, a_warehouse
from tests.integration.merchants import rendered
from tests.integration.merchants.attacker import Cell, ranges

MARKET = "intermediate/customers/market/int_market_cells_suppressed.sql"
FACTORS = ("customers", "visits", "basket", "price")
#: To shrink a failure takes minutes, because each try solves dozens of linear programs.
DRAWN = settings(
    max_examples=40, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate]
)


@pytest.fixture(scope="module")
def session(
    cluster: Any, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[psycopg.Connection[Any]]:
    """A session with empty tables of exact market cells and of purchases."""
    with (
        a_warehouse(cluster, migrated_template, tmp_path_factory.mktemp("methods")) as db,
        _with_tables(db) as connection,
    ):
        yield connection


def _with_tables(db: Db) -> psycopg.Connection[Any]:
    connection = db.superuser()
    connection.execute(
        "create temp table cells (month_start date, merchant_id text, category text, segment text, "
        "customers bigint, own_minor bigint, elsewhere_minor bigint, gained_customers bigint, "
        "lost_customers bigint, competitor_spending jsonb)"
    )
    connection.execute(
        "create temp table purchases (month_start date, is_now boolean, merchant_id text, "
        "customer_id text, category text, spent_minor bigint)"
    )
    return connection


# ------------------------------------------------------------------------------ market position

_spending = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d", "e"]), st.integers(1, 10_000), max_size=5
)


@st.composite
def _drawn_cell(draw: st.DrawFn) -> dict[str, Any]:
    customers = draw(st.one_of(st.integers(1, 30), st.integers(1, 400)))
    spending = draw(_spending)
    return {
        "customers": customers,
        "own_minor": draw(st.integers(0, 100_000)),
        "elsewhere_minor": sum(spending.values()),
        "gained_customers": draw(st.integers(0, customers)),
        "lost_customers": draw(st.integers(0, 60)),
        "competitor_spending": json.dumps(spending),
    }


@DRAWN
@given(st.lists(st.lists(_drawn_cell(), min_size=1, max_size=6), min_size=1, max_size=3))
def test_an_attacker_with_all_published_cells_recovers_no_suppressed_one(
    session: psycopg.Connection[Any], groups: list[list[dict[str, Any]]]
) -> None:
    exact = _insert(session, groups)

    for name, rows in _published(session).items():
        cells = [Cell(segment, numbers) for segment, numbers in rows.items()]
        for (segment, measure), (low, high) in ranges(cells).items():
            truth = exact[name][segment][measure]
            width = truth if measure == "elsewhere_minor" else 20
            assert low <= truth + 1e-6
            assert truth <= high + 1e-6
            assert high - low >= width - 1e-6, (name, segment, measure, low, high)


@DRAWN
@given(st.lists(_drawn_cell(), min_size=1, max_size=7))
def test_a_published_cell_has_20_customers_and_no_dominant_competitor(
    session: psycopg.Connection[Any], cells: list[dict[str, Any]]
) -> None:
    exact = _insert(session, [cells])["0"]

    published = _published(session)["0"]
    for segment, numbers in published.items():
        parts = [exact[segment]] if segment != "all" else list(exact.values())
        spending = _summed([json.loads(part["competitor_spending"]) for part in parts])
        if "customers" in numbers:
            assert sum(part["customers"] for part in parts) >= 20
            assert len(spending) >= 3
            assert max(spending.values()) <= 0.6 * sum(spending.values())
        if "gained_customers" in numbers:
            assert "customers" in numbers
            stayed = numbers["customers"] - numbers["gained_customers"]
            assert min(numbers["gained_customers"], numbers["lost_customers"], stayed) >= 20


def test_a_table_of_large_cells_is_published_whole(session: psycopg.Connection[Any]) -> None:
    cell = {
        "customers": 50, "own_minor": 10, "elsewhere_minor": 300, "gained_customers": 25,
        "lost_customers": 20, "competitor_spending": json.dumps({"a": 100, "b": 100, "c": 100}),
    }  # fmt: skip
    _insert(session, [[cell, cell, cell]])

    assert all(len(numbers) == 4 for numbers in _published(session)["0"].values())


def _summed(spendings: list[dict[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for spending in spendings:
        for competitor, spent in spending.items():
            sums[competitor] = sums.get(competitor, 0) + spent
    return sums


def _insert(
    session: psycopg.Connection[Any], groups: list[list[dict[str, Any]]]
) -> dict[str, dict[str, dict[str, Any]]]:
    session.execute("truncate cells")
    exact = {
        str(number): {f"s{place}": cell for place, cell in enumerate(cells, start=1)}
        for number, cells in enumerate(groups)
    }
    with session.cursor() as cursor:
        cursor.executemany(
            "insert into cells values ('2026-03-01', 'shop', %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (name, segment, *cell.values())
                for name, cells in exact.items()
                for segment, cell in cells.items()
            ],
        )
    return exact


def _published(session: psycopg.Connection[Any]) -> dict[str, dict[str, dict[str, float]]]:
    """Return the published numbers by category and segment, before their rounding."""
    suppressed = rendered.model(MARKET, {"int_market_cells_weighed": "cells"})
    judged = rendered.model(
        "marts/fct_market_cells.sql",
        {
            "int_market_cells_suppressed": f"({suppressed})",
            "int_market_purchases_gathered": "purchases",
        },
    )
    groups: dict[str, dict[str, dict[str, float]]] = {}
    for category, segment, is_published, are_flows, *values in session.execute(
        "select category, segment, is_published, are_flows_published, customers, "
        f"elsewhere_minor, gained_customers, lost_customers from ({judged}) as judged".encode()
    ).fetchall():
        numbers = groups.setdefault(category, {}).setdefault(segment, {})
        if is_published:
            numbers |= {"customers": values[0], "elsewhere_minor": values[1]}
        if are_flows:
            numbers |= {"gained_customers": values[2], "lost_customers": values[3]}
    return groups


# ------------------------------------------------------------------------------ revenue tree

_factor = st.decimals(0, 10_000, places=3)


@DRAWN
@given(st.fixed_dictionaries({name: st.tuples(_factor, _factor) for name in FACTORS}))
def test_the_shapley_values_of_four_factors_add_up_to_the_change(
    session: psycopg.Connection[Any], drawn: dict[str, tuple[Any, Any]]
) -> None:
    columns = ", ".join(
        f"{now}::numeric as {name}, {last}::numeric as last_{name}"
        for name, (now, last) in drawn.items()
    )
    values = ", ".join(
        rendered.expression(
            f"{{{{ shapley_value('{name}', {[other for other in FACTORS if other != name]}) }}}}"
        )
        for name in FACTORS
    )
    row = session.execute(f"select {values} from (select {columns}) as factors".encode()).fetchone()

    assert row is not None
    change = math.prod(now for now, _ in drawn.values()) - math.prod(
        last for _, last in drawn.values()
    )
    assert float(sum(row)) == pytest.approx(float(change), rel=1e-12, abs=1e-6)
    for part, name in zip(row, FACTORS, strict=True):
        now, last = drawn[name]
        assert part == 0 or (part > 0) == (now > last)


# ------------------------------------------------------------------------------ categories


@pytest.mark.parametrize(("shape", "rate"), [(0.7, 30.0), (2.0, 12.0), (9.0, 140.0), (400.0, 5.0)])
def test_the_bounds_of_a_share_are_those_of_the_gamma_distribution(
    session: psycopg.Connection[Any], shape: float, rate: float
) -> None:
    bounds = [
        rendered.expression(f"{{{{ gamma_bound('{shape}::float', '{rate}::float', {z}) }}}}")
        for z in (-1.96, 1.96)
    ]
    row = session.execute(f"select {', '.join(bounds)}".encode()).fetchone()

    expected = gamma.ppf([0.025, 0.975], shape, scale=1 / rate)
    assert row == pytest.approx(tuple(expected), rel=0.03, abs=0.02 / rate)
