"""Split a forecast by the categories of past spending. Pure: columns in, columns out."""

from __future__ import annotations

import json
from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from features.platform.arrays import Floats

_DECIMALS = 2
_OPEN, _CLOSE, _BETWEEN = "{", "}", ", "


def split(forecast: Floats, spent: pa.Array) -> pa.Array:
    """Return the forecast of each category as JSON objects, in proportion to past spending.

    Amounts are rounded to 0.01 and a category below 0.005 is left out, so the amounts add up to the
    forecast up to half a hundredth per category.

    Args:
        forecast: [n], major units; NaN where there is none.
        spent: [n] JSON objects of past spending by category, in major units.

    Returns:
        A string array [n]; null without a forecast or without past spending.
    """
    rows = len(forecast)
    nothing = pa.nulls(rows, pa.string())
    table = _by_category(spent) if rows else pa.table({})
    if table.num_columns == 0:
        return nothing
    names = sorted(table.column_names)
    past = [np.nan_to_num(table.column(name).to_numpy().astype(np.float64)) for name in names]
    past = [np.maximum(amounts, 0.0) for amounts in past]
    total = np.zeros(rows)
    for amounts in past:
        total = total + amounts
    is_split = (total > 0) & np.isfinite(forecast)
    share = np.divide(forecast, total, out=np.zeros(rows), where=is_split)
    parts = [_part(name, amounts * share) for name, amounts in zip(names, past, strict=True)]
    inner = pc.utf8_rtrim(pc.binary_join_element_wise(*parts, ""), _BETWEEN)
    whole = pc.binary_join_element_wise(_OPEN, inner, _CLOSE, "")
    return pc.if_else(pa.array(is_split), whole, nothing)


def _by_category(spent: pa.Array) -> pa.Table:
    """Return the past spending by category: one column each, null where a row lacks it."""
    text = "\n".join(pc.fill_null(spent, "{}").to_pylist())
    size = len(text.encode()) + 1
    return pyarrow.json.read_json(
        BytesIO(text.encode()), read_options=pyarrow.json.ReadOptions(block_size=size)
    )


def _part(name: str, amounts: Floats) -> pa.Array:
    """Return `"name": amount, ` of each row, and "" where the amount rounds to nothing."""
    rounded = np.round(amounts, _DECIMALS)
    text = pc.cast(pa.array(rounded), pa.string())
    pairs = pc.binary_join_element_wise(f"{json.dumps(name)}: ", text, _BETWEEN, "")
    return pc.if_else(pa.array(rounded > 0), pairs, "")
