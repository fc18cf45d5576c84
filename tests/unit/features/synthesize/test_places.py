"""The committed table of places is complete, and every place is possible."""

from __future__ import annotations

import csv
from zoneinfo import ZoneInfo

from features.synthesize.currencies import CODES
from features.synthesize.places import TABLE


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
        assert row["currency_code"] in CODES
        assert row["location_code"].startswith(row["country_code"] + "-")
