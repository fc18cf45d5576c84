"""Products of merchants are facts: the newest holds, and amounts have a base value."""

from __future__ import annotations

from tests.integration.ingest.conftest import Intake

HEADER = "merchant_id,product_id,category,unit_cost,list_price,currency,known_at"
RATES = b"currency,rate_date,rate\nEUR,2026-02-27,1.10\n"


def take(intake: Intake, name: str, *rows: str) -> tuple[str, ...]:
    """Deliver and admit one file of products; return the notes on it."""
    intake.deliver("\n".join((HEADER, *rows, "")).encode(), name, "products")
    (receipt,) = intake.take()
    return tuple(receipt.notes)


def test_two_merchants_have_products_of_one_id(intake: Intake) -> None:
    take(intake, "a.csv", "m1,p1,food,1.00,2.00,USD,", "m2,p1,tools,3.00,,USD,")

    assert intake.rows(
        "select merchant_id, category, unit_cost_base_minor, list_price_base_minor"
        " from raw.products order by 1"
    ) == [("m1", "food", 100, 200), ("m2", "tools", 300, None)]


def test_another_category_is_the_next_version_and_the_same_content_a_duplicate(
    intake: Intake,
) -> None:
    take(intake, "a.csv", "m1,p1,food,,,USD,")
    take(intake, "b.csv", "m1,p1,bakery,,,USD,", "m1,p2,food,,,USD,")
    take(intake, "c.csv", "m1,p1,bakery,,,USD,")

    assert intake.rows("select product_id, version, category from raw.products order by 1, 2") == [
        ("p1", 1, "food"),
        ("p1", 2, "bakery"),
        ("p2", 1, "food"),
    ]


def test_a_cost_is_valued_at_the_rate_of_the_day_on_which_it_became_known(intake: Intake) -> None:
    intake.deliver(RATES, "history/rates.csv", "fx_rates")
    intake.take()

    notes = take(
        intake,
        "history/a.csv",
        "m1,p1,food,10.00,20.00,EUR,2026-03-01T00:00:00Z",
        "m1,p2,food,10.00,,EUR,2026-05-01T00:00:00Z",
    )

    assert intake.rows(
        "select product_id, unit_cost_base_minor, list_price_base_minor"
        " from raw.products order by 1"
    ) == [("p1", 1100, 2200), ("p2", None, None)]
    assert len(notes) == 1
    assert "1 row of EUR has no base value" in notes[0]


def test_an_amount_without_a_currency_is_rejected(intake: Intake) -> None:
    take(intake, "a.csv", "m1,p1,food,10.00,,,", "m1,p2,food,,,USD,")

    assert intake.rows("select reason from raw.rejected_rows") == [("missing_value",)]
