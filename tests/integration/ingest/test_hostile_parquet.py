"""A small Parquet file that expands beyond memory ends no process."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from features.ingest.limits import Limits


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


def test_a_parquet_file_of_too_many_parts_is_held_before_it_is_read(
    intake: Any,
) -> None:
    plain = {name: [value] for name, value in intake.row().items()}
    items = pa.ListArray.from_arrays(pa.array([0, 2_000], pa.int32()), pa.nulls(2_000, pa.string()))
    table, three = pa.table(plain), pa.table({name: value * 3 for name, value in plain.items()})
    files: dict[str, tuple[pa.Table, dict[str, Any]]] = {
        "items of lists": (table.append_column("customer_segments", items), {}),
        "row groups": (three, {"row_group_size": 1}),
        "a footer": (table.replace_schema_metadata({"note": "x" * 100_000}), {}),
    }
    for name, (content, options) in files.items():
        sink = io.BytesIO()
        pyarrow.parquet.write_table(content, sink, **options)
        intake.deliver(sink.getvalue(), f"{name}.parquet")

    intake.receive(Limits(list_items=1_000, row_groups=2, footer_bytes=50_000))

    held = intake.rows("select object_name, reason from raw.deliveries order by 1")
    assert len(held) == 3
    for object_name, reason in held:
        kind = object_name.rpartition("/")[2].removesuffix(".parquet")
        assert reason.startswith("too_large: ")
        assert kind in reason
