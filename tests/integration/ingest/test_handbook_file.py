"""One day of the benchmark's real file enters through its own source description."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet


def test_a_day_of_the_handbook_is_admitted_whole(handbook: Any, test_data: Path) -> None:
    path = test_data / "transactions/fdh_dev_2018-05-28_2018-08-14.parquet"
    table = pyarrow.parquet.read_table(path)
    day = table.filter(pc.less(table["TX_DATETIME"], pc.strptime("2018-05-29", "%Y-%m-%d", "ms")))
    content = io.BytesIO()
    pyarrow.parquet.write_table(day, content)
    handbook.change(tolerated_bad_share=0.0)
    handbook.deliver(content.getvalue(), "history/a.parquet")

    receipt = handbook.take()[0]

    cents = sum(round(amount * 100) for amount in day["TX_AMOUNT"].to_pylist())
    assert receipt.rows_admitted == day.num_rows
    assert handbook.rows(
        "select count(*), sum(amount_minor), bool_and(is_history) from raw.transactions"
    ) == [(day.num_rows, cents, True)]
    assert handbook.rows("select count(*) filter (where is_fraud) from raw.transaction_labels") == [
        (pc.sum(day["TX_FRAUD"]).as_py(),)
    ]
