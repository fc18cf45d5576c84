"""Reads the codes of the places that the platform knows.

`dbt/seeds/places.csv` is the only table: Python reads the codes, and dbt loads the file for SQL.
"""

from __future__ import annotations

import csv
from pathlib import Path

TABLE = Path(__file__).resolve().parents[2] / "dbt" / "seeds" / "places.csv"


def _read() -> frozenset[str]:
    with TABLE.open(encoding="utf-8", newline="") as handle:
        return frozenset(row["location_code"] for row in csv.DictReader(handle))


#: The codes of places, such as `GB-LON`, and of countries, such as `AT`.
CODES = _read()
