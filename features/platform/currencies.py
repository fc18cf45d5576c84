"""Reads the currencies of ISO 4217 and the number of digits of their minor unit.

An amount is stored as an integer of minor units, so a wrong exponent is a wrong amount by a factor
of ten. `dbt/seeds/currencies.csv` is the only table: Python reads the file, and dbt loads it for
SQL. It is data of the standard: list one of 2025 without metals and testing codes, and the codes of
list three that were withdrawn since 2000, for files of the past. The last day of a withdrawn
currency is its last day as legal tender in Unicode CLDR, as Babel 2.18 has it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

TABLE = Path(__file__).resolve().parents[2] / "dbt" / "seeds" / "currencies.csv"


def _read() -> list[dict[str, str]]:
    with TABLE.open(encoding="ascii", newline="") as handle:
        return list(csv.DictReader(handle))


_ROWS = _read()
#: Digits after the point of one unit, by ISO 4217 code.
EXPONENTS: Mapping[str, int] = MappingProxyType(
    {row["currency_code"]: int(row["exponent"]) for row in _ROWS}
)
#: The last day as legal tender of each withdrawn currency.
LAST_DAYS: Mapping[str, date] = MappingProxyType(
    {row["currency_code"]: date.fromisoformat(row["last_day"]) for row in _ROWS if row["last_day"]}
)
MAX_EXPONENT = max(EXPONENTS.values())


def exponent(code: str) -> int:
    """Return the number of digits of a currency's minor unit.

    Raises:
        KeyError: the code is not in ISO 4217.
    """
    return EXPONENTS[code]
