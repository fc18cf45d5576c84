"""Readers see what overrides change, what they were worth, what moved, and what is biased."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from features.build import build
from tests.builders import a_sale, insert_events, insert_sales
from tests.conftest import Db, a_warehouse
from tests.forecasts import PROMOTED, midnight, publish_night

NIGHT = date(2026, 3, 31)
FIRST = 40
#: The day on which tea in the store had no stock, counted back from the night.
SHORT = 9
WEB, STORE, CUPS = ("shop", "tea", "web"), ("shop", "tea", "store"), ("shop", "cups", "")


def day(back: int) -> date:
    """Return a day before the night."""
    return NIGHT - timedelta(days=back)


def moment(back: int, hour: int) -> datetime:
    """Return an hour of a day before the night."""
    return midnight(day(back)) + timedelta(hours=hour)


def units(product: str, channel: str, back: int) -> int:
    """Return what is sold of a series on a day."""
    if product == "cups":
        return 1
    return 4 if channel == "web" else 1 + 2 * (back % 2)


#: Reason, channel, first and last day, factor, units a day, made at.
OVERRIDES = (
    ("right", "web", 18, 10, 2.0, None, moment(20, 3)),
    ("wrong", "web", 12, 11, None, 10.0, moment(15, 5)),
    ("short of stock", "store", 10, 8, 1.0, None, moment(20, 3)),
    ("too late", "web", 30, 28, 9.0, None, moment(20, 3)),
    ("withdrawn", None, 18, 10, 7.0, None, moment(20, 2) + timedelta(minutes=30)),
    ("ahead", None, -1, -5, 3.0, None, moment(0, 3)),
)


@pytest.fixture(scope="module")
def readers(
    cluster: Any, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Db]:
    """Forty nights of two products, with sales, a shortage and overrides."""
    with a_warehouse(cluster, built_template, tmp_path_factory.mktemp("readers")) as db:
        _sell(db)
        with db.superuser() as connection:
            for back in range(FIRST, -1, -1):
                forecasts = {WEB: 2.0 if back else 5.0, STORE: 2.0, CUPS: 1.0}
                if back % 2:
                    forecasts["shop", "new", ""] = 9.0  # no two nights in a row
                publish_night(connection, day(back), forecasts, model_version="7" if back else "8")
            for override in OVERRIDES:
                connection.execute(
                    "insert into decisions.forecast_overrides (merchant_id, product_id, person,"
                    " reason, channel, first_day, last_day, factor, units_per_day, created_at)"
                    " values ('shop', 'tea', 'Ann', %s, %s, %s, %s, %s, %s, %s)",
                    (*override[:2], day(override[2]), day(override[3]), *override[4:]),
                )
            connection.execute(
                "insert into decisions.forecast_overrides"
                " (merchant_id, product_id, withdraws, person, reason, created_at)"
                " select merchant_id, product_id, override_id, 'Bo', 'off', %s"
                " from decisions.forecast_overrides where reason = 'withdrawn'",
                (moment(20, 4),),
            )
        build("demand_features", db.settings.warehouse, db.settings.work)
        with db.superuser() as connection:
            of_the_night = f"product_id = 'cups' and day_at = '{NIGHT}'"
            statement = PROMOTED.format(table="decisions.demand_forecasts", condition=of_the_night)
            connection.execute(statement.encode())
        yield db


def _sell(db: Db) -> None:
    sales = [
        a_sale(
            merchant_id=merchant,
            product_id=product,
            channel=channel or None,
            occurred_at=moment(back, 12),
            known_at=moment(back, 13),
            quantity=units(product, channel, back),
            is_history=False,
        )
        for back in range(FIRST, -1, -1)
        for merchant, product, channel in (WEB, STORE, CUPS)
    ]
    insert_sales(db, sales)
    counts = ((FIRST, 500), (SHORT, 0), (SHORT - 1, 500))
    levels = [
        {
            "stock_level_id": f"c{back}",
            "version": 1,
            "counted_at": moment(back, 0),
            "known_at": moment(back, 1),
            "is_history": False,
            "merchant_id": "shop",
            "product_id": "tea",
            "location": "store",
            "on_hand": pieces,
        }
        for back, pieces in counts
    ]
    insert_events(db, "stock_levels", "counted_at", levels)


def test_each_grain_shows_the_forecast_of_the_model_and_the_overridden_one(readers: Db) -> None:
    rows = readers.rows(
        "select grain, channel, sum(mean_units), sum(overridden_units),"
        " sum(overridden_units) filter (where days_ahead <= 5)"
        " from serving.demand_forecasts where product_id = 'tea' or grain = 'merchant'"
        " group by 1, 2 order by 1, 2"
    )

    assert rows == [
        ("merchant", None, 28 * 8, 28 * 8 + 2 * 5 * 7, 5 * (15 + 6 + 1)),
        ("product", None, 28 * 7, 28 * 7 + 2 * 5 * 7, 5 * (15 + 6)),
        ("series", "store", 28 * 2, 28 * 2 + 2 * 5 * 2, 5 * 6),
        ("series", "web", 28 * 5, 28 * 5 + 2 * 5 * 5, 5 * 15),
    ]


def test_an_override_is_worth_the_error_that_it_avoids_on_closed_days(readers: Db) -> None:
    rows = readers.rows(
        "select reason, measured_days, units, model_units, overridden_units, error_without,"
        " error_with, error_avoided, withdrawn_at is not null from serving.override_value"
    )

    assert {row[0]: row[1:] for row in rows} == {
        "right": (9, 36, 18, 36, 18, 0, 18, False),
        "wrong": (2, 8, 4, 20, 4, 12, -8, False),
        "short of stock": (2, 2, 4, 4, 2, 2, 0, False),
        "too late": (0, None, None, None, None, None, None, False),
        "withdrawn": (0, None, None, None, None, None, None, True),
        "ahead": (0, None, None, None, None, None, None, False),
    }


def test_a_forecast_that_is_always_too_low_is_biased_and_one_that_scatters_is_not(
    readers: Db,
) -> None:
    rows = readers.rows(
        "select grain, channel, measured_days, units, expected_units, error, mean_absolute_error,"
        " tracking_signal, is_biased from serving.forecast_bias"
        " where product_id = 'tea' order by 1, 2"
    )

    store = (27, 53, 54, -1, 1, -1, False)
    web = (28, 112, 56, 56, 2, 28, True)
    [product, *series] = rows
    assert series == [("series", "store", *store), ("series", "web", *web)]
    assert product[:6] == ("product", None, 28, 112 + 53, 56 + 54, 55)
    assert product[8] is True


def test_a_forecast_without_any_error_has_no_signal(readers: Db) -> None:
    rows = readers.rows(
        "select error, tracking_signal, is_biased from serving.forecast_bias"
        " where product_id = 'cups' and grain = 'product'"
    )

    assert rows == [(0, None, False)]


def test_the_change_since_the_night_before_is_that_of_the_common_days(readers: Db) -> None:
    rows = readers.rows(
        "select product_id, series, units_before, units_now, change_of_units, has_moved,"
        " is_new_model, has_new_promotion from serving.forecast_changes order by 1"
    )

    assert rows == [
        ("cups", 1, 27, 27, 0, False, True, True),
        ("tea", 2, 27 * 4, 27 * 7, 27 * 3, True, True, False),
    ]
