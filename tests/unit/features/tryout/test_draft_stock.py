"""A draft takes files of stock for their feeds, and files of sales or payments for no stock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from features.tryout.draft import draft_of
from features.tryout.draft_trial import tried
from features.tryout.sample import sample_of
from tests.unit.features.tryout import shapes


def columns_of(path: Path, feed: str) -> dict[str, object]:
    """Return the drafted columns of the only feed of a file."""
    feeds = yaml.safe_load(tried(draft_of(sample_of(path)), path).text)["feeds"]
    assert list(feeds) == [feed]
    columns: dict[str, object] = feeds[feed]["columns"]
    return columns


def test_a_count_of_a_warehouse_is_a_stock_level_of_one_merchant(tmp_path: Path) -> None:
    assert columns_of(shapes.german_stock(tmp_path), "stock_levels") == {
        "stock_level_id": "Nr",
        "merchant_id": {"constant": "one_merchant"},
        "product_id": "Artikel",
        "location": "Lagerort",
        "on_hand": "Bestand",
        "counted_at": {"column": "Zeitpunkt", "format": "%d.%m.%Y %H:%M"},
        "expires_on": {"column": "MHD", "format": "%d.%m.%y"},
    }


def test_words_and_signs_of_movements_are_translated(tmp_path: Path) -> None:
    columns = columns_of(shapes.signed_movements(tmp_path), "stock_movements")

    assert columns["movement"] == {
        "column": "Bewegungsart",
        "map": {"Wareneingang": "receipt", "Warenausgang": "sale", "Umlagerung": "transfer"},
    }
    assert columns["quantity"] == {"column": "Menge", "sign": "outgoing_negative"}
    assert (columns["location"], columns["to_location"]) == ("Lager", "Ziellager")


def test_an_order_with_several_products_is_a_line_for_each(tmp_path: Path) -> None:
    columns = columns_of(shapes.open_orders(tmp_path), "purchase_orders")

    assert columns["purchase_order_id"] == {"columns": ["sku", "po_number"]}
    assert (columns["destination"], columns["expected_at"]) == ("ship_to", "eta")


def test_a_price_for_some_days_is_a_promotion_in_the_currency_of_the_warehouse(
    tmp_path: Path,
) -> None:
    columns = columns_of(shapes.price_cuts(tmp_path), "promotions")

    assert columns["price"] == "promo_price"
    assert columns["currency"] == {"constant": "USD"}
    assert (columns["starts_on"], columns["ends_on"]) == ("valid_from", "valid_to")


@pytest.mark.parametrize("shape", shapes.SHAPES[:10], ids=lambda shape: shape.__name__)
def test_a_file_of_payments_or_loans_is_no_stock(
    shape: Callable[[Path], Path], tmp_path: Path
) -> None:
    draft = draft_of(sample_of(shape(tmp_path)))

    assert {feed.name for feed in draft.feeds} <= {
        *("transactions", "applications", "application_labels"),
    }


def test_an_order_of_a_customer_is_no_purchase_order(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = [f"O{n},C{n % 9},A{n % 7},2,9.50,2026-03-01,2026-03-04" for n in range(100)]
    head = "order_id,customer_id,sku,quantity,price,order_date,expected_delivery"
    path.write_text("\n".join((head, *rows)))

    assert [feed.name for feed in draft_of(sample_of(path)).feeds] == ["transactions"]
