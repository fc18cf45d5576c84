"""Reference rows and coordinates give a transaction what it lacks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from features import build as builder
from tests.builders import NOON, a_transaction, insert_facts, insert_transactions

OPENED = date(2026, 2, 1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
VIENNA = {"latitude": 48.2082, "longitude": 16.3738}
BERLIN_KM = 523.6  # from Vienna


def features(db: Any, *rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the features of transactions by their ids."""
    insert_transactions(db, rows)
    builder.build("transaction_features", db.settings.warehouse, db.settings.work)
    return {
        values["transaction_id"]: values
        for (values,) in db.rows("select to_jsonb(f) from marts.feat_transactions as f")
    }


def bare(name: str, hours: int = 0, **more: Any) -> dict[str, Any]:
    """Return a transaction without place and category."""
    lacking = {"location_code": None, "transaction_category": None}
    return a_transaction(
        transaction_id=name, occurred_at=NOON + hours * HOUR, known_at=NOON + 9 * HOUR,
        **{**lacking, **more},
    )  # fmt: skip


def test_a_row_without_place_and_category_has_those_of_its_merchant(built: Any) -> None:
    insert_facts(
        built,
        "merchants",
        [{"merchant_id": "m1", "category": "food", "location_code": "DE", "opened_on": OPENED},
         {"merchant_id": "m2", "category": "food", **VIENNA},
         {"merchant_id": "m3", "location_code": "JP"}],
    )  # fmt: skip
    insert_facts(
        built, "customers", [{"customer_id": "c1", **VIENNA, "opened_on": date(2027, 1, 1)}]
    )

    rows = features(
        built,
        bare("before", -48),
        bare("merchant", 0),
        bare("coordinates", 1, merchant_id="m2"),
        bare("row wins", 2, merchant_id="m3", location_code="AT", transaction_category="travel"),
    )

    assert {name: row["local_hour"] for name, row in rows.items()} == {
        "before": 13,  # noon UTC is one hour later in Berlin
        "merchant": 13,
        "coordinates": 13,  # no time zone follows from coordinates
        "row wins": 15,
    }
    assert rows["merchant"]["customer_km_since_previous"] == 0
    assert rows["coordinates"]["customer_km_since_previous"] == pytest.approx(BERLIN_KM, abs=1)
    assert rows["row wins"]["customer_km_since_previous"] == pytest.approx(3, abs=1)
    assert rows["merchant"]["customer_merchant_km"] == pytest.approx(BERLIN_KM, abs=1)
    assert rows["merchant"]["customer_category_frequency_30d"] == 1
    assert rows["row wins"]["customer_category_frequency_30d"] == 0
    assert rows["merchant"]["merchant_tenure_days"] == 29
    assert rows["merchant"]["customer_tenure_days"] == 0
    assert rows["merchant"]["is_new_location"] is False
    assert rows["merchant"]["is_foreign"] is None


def test_coordinates_on_the_row_need_no_reference(built: Any) -> None:
    berlin = {"merchant_latitude": 52.52, "merchant_longitude": 13.405}
    vienna = {"merchant_latitude": 48.2082, "merchant_longitude": 16.3738}
    home = {"customer_latitude": 48.2082, "customer_longitude": 16.3738}

    rows = features(
        built, bare("one", -1, **berlin), bare("two", 0, **vienna, **home), bare("three", 1)
    )

    assert rows["two"]["customer_km_since_previous"] == pytest.approx(BERLIN_KM, abs=1)
    assert rows["two"]["customer_kmh_since_previous"] == pytest.approx(BERLIN_KM, abs=1)
    assert rows["two"]["customer_merchant_km"] == 0
    assert rows["three"]["customer_km_since_previous"] is None
    assert rows["three"]["customer_merchant_km"] is None


def test_a_place_of_the_source_has_its_zone_and_country_and_wins_over_the_list(built: Any) -> None:
    insert_facts(
        built,
        "places",
        [{"location_code": "SHOP-1", **VIENNA, "time_zone": "Europe/Vienna", "country_code": "AT"},
         {"location_code": "US-NY", **VIENNA, "time_zone": "Asia/Tokyo", "country_code": "JP"}],
    )  # fmt: skip
    insert_facts(built, "customers", [{"customer_id": "c1", "location_code": "AT"}])

    rows = features(
        built,
        bare("shop", location_code="SHOP-1"),
        bare("own", 1, location_code="US-NY"),
        bare("unknown", 2, location_code="nowhere"),
    )

    assert [rows[name]["local_hour"] for name in ("shop", "own", "unknown")] == [13, 22, 15]
    assert [rows[name]["is_foreign"] for name in ("shop", "own", "unknown")] == [False, True, None]
    assert rows["own"]["customer_km_since_previous"] == 0
    assert rows["unknown"]["customer_km_since_previous"] is None


def test_the_newest_fact_that_holds_and_is_known_wins(built: Any) -> None:
    def fact(version: int, country: str, **more: Any) -> dict[str, Any]:
        return {"customer_id": "c1", "version": version, "location_code": country, **more}

    insert_facts(
        built,
        "customers",
        [fact(1, "DE"), fact(2, "FR", valid_from=NOON), fact(3, "IT"),
         fact(4, "ES", valid_from=NOON, known_at=NOON + 99 * DAY)],
    )  # fmt: skip

    rows = features(
        built,
        *(bare(f"{h} {code}", h, location_code=code) for h in (-1, 1) for code in ("IT", "FR")),
    )

    assert {name: row["is_foreign"] for name, row in rows.items()} == {
        "-1 IT": False,  # a correction of the time before
        "-1 FR": True,
        "1 IT": True,
        "1 FR": False,
    }
