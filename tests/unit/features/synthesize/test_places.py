"""The committed table of places is complete, and every place is possible."""

from __future__ import annotations

import csv
from zoneinfo import ZoneInfo

from features.platform.currencies import EXPONENTS
from features.synthesize.places import TABLE, load


def _rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_places_cover_the_states_the_regions_and_sixty_countries() -> None:
    rows = _rows()

    codes = {row["location_code"] for row in rows}
    assert len(codes) == len(rows) >= 150
    assert {"US-NY", "US-CA", "GB-LON", "DE-BE", "JP-13", "KW-KU"} <= codes
    assert len({row["country_code"] for row in rows}) >= 60


def test_every_place_lies_on_earth_in_a_known_zone_and_pays_in_a_known_currency() -> None:
    for row in _rows():
        assert -90 <= float(row["latitude"]) <= 90
        assert -180 <= float(row["longitude"]) <= 180
        assert ZoneInfo(row["time_zone"])
        assert row["currency_code"] in EXPONENTS or row["location_code"] == "AQ"
        assert row["location_code"].split("-")[0] == row["country_code"]


def test_a_country_is_a_place_of_its_own() -> None:
    countries = {row["country_code"] for row in _rows()}

    assert countries <= {row["location_code"] for row in _rows()}
    assert len(countries) == 247


def test_no_customer_of_the_generator_lives_in_a_whole_country() -> None:
    assert all("-" in code for code in load().codes)
