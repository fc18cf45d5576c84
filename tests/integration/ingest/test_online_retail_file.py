"""Each oddity of Online Retail has its place in the warehouse, and no line is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.platform.objects import FolderStore
from tests.integration.ingest.conftest import Intake, SharedDb, quick

FILE = Path("retail") / "online_retail_uci.parquet"


@pytest.fixture(scope="module")
def january(test_data: Path) -> pa.Table:
    """Return the lines of January 2011 and those of the prices that no rule accepts."""
    lines = pq.read_table(test_data / FILE)
    at, price = lines["InvoiceDate"], lines["UnitPrice"]
    is_january = pc.and_(
        pc.greater_equal(at, pa.scalar(datetime(2011, 1, 1), at.type)),
        pc.less(at, pa.scalar(datetime(2011, 2, 1), at.type)),
    )
    is_odd = pc.or_(pc.less(price, 0), pc.equal(price, 0.001))
    return lines.filter(pc.or_(is_january, is_odd))


@pytest.fixture(scope="module")
def retail(
    warehouse_of_module: SharedDb, tmp_path_factory: pytest.TempPathFactory, january: pa.Table
) -> Iterator[Intake]:
    """Take in the lines of January as history."""
    folder = tmp_path_factory.mktemp("objects")
    intake = Intake(warehouse_of_module, FolderStore(folder), quick("online_retail"))
    path = folder / "landing/online_retail/sales/history/january.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(january, path)
    intake.take("GBP")
    yield intake
    intake.connection.close()


def test_every_line_is_admitted_or_a_duplicate_or_rejected(
    retail: Intake, january: pa.Table
) -> None:
    different = len(january.group_by(january.column_names).aggregate([]))
    [counts] = retail.rows(
        "select rows_in_file, rows_duplicate, rows_rejected, rows_admitted from raw.deliveries"
    )

    assert counts == (len(january), len(january) - different, 6, different - 6)
    assert retail.rows(
        "select reason, count(*) from raw.rejected_rows group by reason order by reason"
    ) == [("amount_not_positive", 2), ("amount_too_precise", 4)]


def test_lines_without_a_customer_belong_to_guests_and_bring_revenue(retail: Intake) -> None:
    [(lines, of_guests, of_customers, whole)] = retail.rows(
        "select count(*) filter (where customer_id is null),"
        " sum(net_base_minor) filter (where customer_id is null),"
        " sum(net_base_minor) filter (where customer_id is not null), sum(net_base_minor)"
        " from raw.sales where is_merchandise"
    )

    assert lines > 8_000
    assert of_guests > 0
    assert of_guests + of_customers == whole


def test_an_invoice_with_c_cancels_and_other_negative_quantities_return(retail: Intake) -> None:
    found = retail.rows(
        "select event, starts_with(order_id, 'C'), bool_and(quantity > 0),"
        " max(unit_price_minor) > 0 from raw.sales group by 1, 2 order by 1"
    )

    assert found == [
        ("cancellation", True, True, True),
        ("return", False, True, False),  # stock that was written off at a price of 0
        ("sale", False, True, True),
    ]


def test_an_order_that_is_cancelled_minutes_later_leaves_no_net_spend(retail: Intake) -> None:
    lines = retail.rows(
        "select event, quantity::integer, net_base_minor, customer_id"
        " from raw.sales where product_id = '23166' and quantity > 70000 order by occurred_at"
    )

    assert lines == [
        ("sale", 74_215, 7_718_360, "12346"),
        ("cancellation", 74_215, -7_718_360, "12346"),
    ]


def test_codes_that_name_no_product_are_marked_and_kept(retail: Intake) -> None:
    marked = {
        code
        for (code,) in retail.rows(
            "select distinct product_id from raw.sales where not is_merchandise"
        )
    }

    assert {"POST", "DOT", "M", "D", "AMAZONFEE", "BANK CHARGES"} <= marked
    assert not any(code[:5].isdigit() and code[5:].isupper() and len(code) < 8 for code in marked)


def test_a_second_delivery_of_the_same_lines_adds_none(retail: Intake, january: pa.Table) -> None:
    folder = retail.file("landing/online_retail/sales")
    pq.write_table(january.slice(0, 1_000), folder / "again.parquet")

    (receipt,) = retail.take("GBP")

    assert (receipt.rows_admitted, receipt.rows_rejected) == (0, 0)
    assert receipt.rows_duplicate == 1_000


def test_the_seal_of_the_delivery_covers_its_lines(retail: Intake) -> None:
    [(digests, lines)] = retail.rows(
        "select digests, (select count(*) from raw.sales) from raw.deliveries"
        " where load_kind = 'history'"
    )

    stored: dict[str, Any] = digests["raw.sales"]
    assert stored["rows"] == lines
