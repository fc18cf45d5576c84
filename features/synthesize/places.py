"""Load the committed table of places as arrays."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from features.synthesize.currencies import INDEX
from features.synthesize.randomness import F64, I64

TABLE = Path(__file__).resolve().parents[2] / "dbt" / "seeds" / "places.csv"

# customers per thousand by country; the other countries share the rest
_PER_THOUSAND = {
    "US": 320, "GB": 130, "DE": 90, "FR": 60, "ES": 35, "IT": 35, "NL": 20, "CA": 45, "JP": 45,
    "AU": 30, "BR": 20, "MX": 15, "IN": 20, "KW": 8, "KR": 12,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Places:
    """One entry per location code; the arrays share their order."""

    codes: tuple[str, ...]
    countries: I64
    currencies: I64
    zones: tuple[str, ...]
    zone: I64
    weights: F64


@cache
def load() -> Places:
    """Read the places of the table, without those that are a whole country."""
    with TABLE.open(encoding="utf-8", newline="") as handle:
        rows = [
            row for row in csv.DictReader(handle) if row["location_code"] != row["country_code"]
        ]
    countries = [row["country_code"] for row in rows]
    names = sorted(set(countries))
    zones = sorted({row["time_zone"] for row in rows})
    rest = (1000 - sum(_PER_THOUSAND.values())) / (len(names) - len(_PER_THOUSAND))
    weights = [_PER_THOUSAND.get(name, rest) / countries.count(name) for name in countries]
    return Places(
        codes=tuple(row["location_code"] for row in rows),
        countries=np.array([names.index(name) for name in countries]),
        currencies=np.array([INDEX[row["currency_code"]] for row in rows]),
        zones=tuple(zones),
        zone=np.array([zones.index(row["time_zone"]) for row in rows]),
        weights=np.array(weights),
    )
