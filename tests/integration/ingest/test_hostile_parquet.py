"""Parquet may say in few bytes what no memory holds; it ends no process."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest


def _repeated(text: str, rows: int, *, is_dictionary: bool) -> pa.Array:
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([text]))
    return texts if is_dictionary else texts.dictionary_decode()


@pytest.mark.parametrize(
    ("rows", "length", "is_dictionary", "options"),
    [
        (3000, 1_000_000, True, {"dictionary_pagesize_limit": 1 << 30}),  # 3 GB when written out
        (3000, 100_000, False, {"dictionary_pagesize_limit": 1 << 30, "store_schema": False}),
        (3000, 100_000, False, {"use_dictionary": False, "compression": "zstd"}),
    ],
    ids=["dictionary", "dictionary pages", "compressed pages"],
)
def test_a_small_parquet_file_of_much_text_ends_no_process(
    intake: Any, rows: int, length: int, is_dictionary: bool, options: dict[str, Any]
) -> None:
    columns: dict[str, Any] = {name: [value] * rows for name, value in intake.row().items()}
    columns["channel"] = _repeated("x" * length, rows, is_dictionary=is_dictionary)
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns), sink, **options)
    intake.deliver(sink.getvalue(), "bad.parquet")
    intake.deliver(intake.csv(intake.row()), "b.csv")

    assert [receipt.rows_admitted for receipt in intake.take()] == [1]
    assert len(sink.getvalue()) < 100_000
    ((reason,),) = intake.rows("select reason from raw.deliveries where state = 'held'")
    assert reason.startswith("too_large: ")
