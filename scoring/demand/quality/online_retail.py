"""Read the weekly units of the products of Online Retail.

The rules of cleaning: exact duplicates out, product codes only, quantity and price above 0. A week
without a sale has 0 units, because the file says nothing about stock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.platform.arrays import Codes, Floats
from features.platform.errors import ContractError
from scoring.demand.history import History, State
from scoring.demand.past import WEEK
from scoring.demand.promotions import Promotions

#: The Mondays of the first whole week, of the first and of the last measured week.
FIRST, TEST, LAST = date(2010, 12, 6), date(2011, 10, 10), date(2011, 11, 28)
PRODUCT = r"^\d{5}[A-Z]{0,2}$"
COLUMNS = (
    *("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate"),
    *("UnitPrice", "CustomerID", "Country"),
)


@dataclass(frozen=True, slots=True)
class Weeks:
    """The weekly units of all products, those with most units first.

    Args:
        history: [products, weeks], by units before the first measured week, ties by code.
        codes: of the products.
        lines: number of lines that were counted.
    """

    history: History
    codes: tuple[str, ...]
    lines: int

    @property
    def test(self) -> range:
        """The places of the measured weeks."""
        return range((TEST - FIRST).days // WEEK, (LAST - FIRST).days // WEEK + 1)


def read(path: Path) -> Weeks:
    """Return the weeks of a file with the lines of Online Retail.

    Raises:
        ContractError: the file does not reach from December 2010 to December 2011.
    """
    table = pq.read_table(path, columns=list(COLUMNS))
    table = table.group_by(list(COLUMNS)).aggregate([])  # exact duplicates out
    kept = pc.and_(
        pc.match_substring_regex(pc.utf8_upper(table["StockCode"]), PRODUCT),
        pc.and_(pc.greater(table["Quantity"], 0), pc.greater(table["UnitPrice"], 0)),
    )
    table = table.filter(kept)
    day = table["InvoiceDate"].cast(pa.date32()).cast(pa.int32()).to_numpy().astype(np.int64)
    first = _day(FIRST)
    if day.min(initial=first) > first or day.max(initial=0) < _day(LAST) + WEEK - 1:
        raise ContractError(
            f"{path.name} does not reach from {FIRST} to {LAST}; the protocol needs the whole file"
        )
    codes = pc.utf8_upper(table["StockCode"])  # some lines have small letters
    names = codes.combine_chunks().dictionary_encode()
    week = (day - first) // WEEK
    count = (_day(LAST) - first) // WEEK + 1
    is_whole = (week >= 0) & (week < count)
    quantity = table["Quantity"].to_numpy().astype(np.float64)
    paid = quantity * table["UnitPrice"].to_numpy()
    code = names.indices.to_numpy().astype(np.int64)
    shape = (len(names.dictionary), count)
    units = _matrix(code[is_whole], week[is_whole], quantity[is_whole], shape)
    spent = _matrix(code[is_whole], week[is_whole], paid[is_whole], shape)
    # the partial first week counts for the rank as well
    before = np.bincount(code, quantity * (day < _day(TEST)), shape[0])
    texts = np.array(names.dictionary.to_pylist())
    order = np.lexsort((texts, -before))
    return Weeks(_history(units[order], spent[order]), tuple(texts[order].tolist()), len(day))


def _history(units: Floats, spent: Floats) -> History:
    price = np.divide(spent, units, out=np.full(units.shape, np.nan), where=units > 0)
    nothing = np.zeros(len(units), dtype=np.int64)
    state = np.full(units.shape, State.OPEN, dtype=np.int8)
    return History(units, state, price, nothing, nothing - 1, Promotions.none(), _day(FIRST), WEEK)


def _matrix(row: Codes, column: Codes, values: Floats, shape: tuple[int, int]) -> Floats:
    sums = np.bincount(row * shape[1] + column, values, shape[0] * shape[1])
    return np.asarray(sums, dtype=np.float64).reshape(shape)


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days
