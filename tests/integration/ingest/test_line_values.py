"""The value of a sold line in the base currency, where the line states a price alone."""

from __future__ import annotations

import pytest

from tests.integration.ingest.conftest import Intake
from tests.integration.ingest.test_nights import shop, take

__all__ = ["shop"]
RATES = "currency,rate_date,rate\nJPY,2026-02-28,0.0067\n"


def sold(number: int, quantity: str, price: str, currency: str) -> str:
    """Return a line of an order of its own."""
    return f"m1,o{number},1,c1,p1,{quantity},{price},{currency},2026-03-01T12:00:00Z,sale,true"


@pytest.mark.parametrize(
    ("quantity", "price", "currency", "net"),
    [
        ("10000", "1", "JPY", 6700),  # 0.67 cents a piece
        ("2.5", "1000", "JPY", 1675),
        ("1.5", "0.01", "USD", 2),
        ("3", "2.50", "USD", 750),
        ("1", "2.50", "EUR", None),
    ],
)
def test_a_line_is_converted_whole_and_rounded_once(
    shop: Intake, quantity: str, price: str, currency: str, net: int | None
) -> None:
    shop.deliver(RATES.encode(), "history/rates.csv", "fx_rates")
    shop.take()

    take(shop, "a.csv", sold(1, quantity, price, currency))

    assert shop.rows("select net_base_minor from raw.sales") == [(net,)]


def test_a_line_above_all_amounts_has_no_value(shop: Intake) -> None:
    take(shop, "a.csv", sold(1, "9999999", "9999999999.99", "USD"), sold(2, "1", "2", "USD"))

    assert shop.rows("select net_base_minor from raw.sales order by order_id") == [(None,), (200,)]
