"""Reads the currencies of ISO 4217 and the number of digits of their minor unit.

An amount is stored as an integer of minor units, so a wrong exponent is a wrong amount by a factor
of ten. `dbt/seeds/currencies.csv` is the only table: Python reads the file, and dbt loads it for
SQL. It is data of the standard (list one, 2025, without metals and testing codes), plus recently
withdrawn codes that still occur in files.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

TABLE = Path(__file__).resolve().parents[2] / "dbt" / "seeds" / "currencies.csv"


def _read() -> Mapping[str, int]:
    with TABLE.open(encoding="ascii", newline="") as handle:
        rows = csv.DictReader(handle)
        return MappingProxyType({row["currency_code"]: int(row["exponent"]) for row in rows})


#: Digits after the point of one unit, by ISO 4217 code.
EXPONENTS = _read()
MAX_EXPONENT = max(EXPONENTS.values())


def exponent(code: str) -> int:
    """Return the number of digits of a currency's minor unit.

    Raises:
        KeyError: the code is not in ISO 4217.
    """
    return EXPONENTS[code]
