"""The nights of a merchant's customers: the days that close, and the customers of each night."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Db
from tests.integration.ingest.conftest import Intake, quick

HEADER = (
    "merchant_id,order_id,line_no,customer_id,product_id,quantity,unit_price,currency,"
    "occurred_at,event,is_merchandise"
)


def line(customer: str, day: str, order: str = "", merchant: str = "m1") -> str:
    """Return one line of an order at noon of a day."""
    order = order or f"{customer}-{day}"
    return f"{merchant},{order},1,{customer},p1,1,2.50,USD,{day}T12:00:00Z,sale,true"


def take(intake: Intake, name: str, *lines: str) -> None:
    """Deliver and admit one file of sales."""
    intake.deliver("\n".join((HEADER, *lines, "")).encode(), name, "sales")
    assert [receipt.rows_admitted for receipt in intake.take()] == [len(lines)]


@pytest.fixture
def shop(intake: Intake) -> Intake:
    """Take in sales of which the kind of load decides what is history."""
    intake.sources = quick("synthetic")
    return intake


def nights(intake: Intake, *, history: bool = False) -> list[tuple[Any, ...]]:
    """Return the days of the nights, with their delivery."""
    return intake.rows(
        "select day::text, delivery_seq from raw.sales_nights where is_history = %s order by 1",
        history,
    )


def customers(intake: Intake, day: str) -> list[str]:
    """Return the customers of one night."""
    found = intake.rows(
        "select customer_id from raw.customer_nights where day_at = %s order by 1", day
    )
    return [customer for (customer,) in found]


def test_a_backlog_of_files_closes_each_day_with_the_first_file_that_reaches_it(
    shop: Intake,
) -> None:
    for number, day in enumerate(("2026-03-01", "2026-03-02", "2026-03-04")):
        take(shop, f"{number}.csv", line("c1", day))

    assert nights(shop) == [
        ("2026-03-01", 1),
        ("2026-03-02", 2),
        ("2026-03-03", 3),  # the shop was closed
        ("2026-03-04", 3),
    ]


def test_a_night_is_known_when_its_delivery_is_admitted(shop: Intake) -> None:
    take(shop, "a.csv", line("c1", "2026-03-01"), line("c2", "2026-03-03"))

    assert shop.rows(
        "select count(distinct nights.known_at), bool_and(nights.known_at = deliveries.known_at)"
        " from raw.sales_nights as nights inner join raw.deliveries using (delivery_seq)"
    ) == [(1, True)]


def test_a_customer_has_one_row_in_each_night_of_the_look_back(shop: Intake) -> None:
    take(shop, "a.csv", line("c1", "2025-01-01"), line("c1", "2025-01-01", "again"))
    take(shop, "b.csv", line("c2", "2026-02-06"), line("", "2026-02-06", "guest"))

    assert customers(shop, "2026-02-04") == ["c1"]
    assert customers(shop, "2026-02-05") == []  # the 401st day after the purchase
    assert customers(shop, "2026-02-06") == ["c2"]


def test_a_late_row_counts_from_the_next_night_on(shop: Intake) -> None:
    take(shop, "a.csv", line("c1", "2026-03-01"))
    take(shop, "b.csv", line("late", "2026-03-01"), line("c1", "2026-03-02"))

    assert customers(shop, "2026-03-01") == ["c1"]
    assert customers(shop, "2026-03-02") == ["c1", "late"]


def test_the_history_has_a_night_at_the_end_of_each_month_after_ninety_days(shop: Intake) -> None:
    days = ("2025-01-10", "2025-03-20", "2025-06-15")
    take(shop, "history/a.csv", *(line("c1", day) for day in days))
    take(shop, "b.csv", line("c1", "2025-06-16"))

    assert nights(shop, history=True) == [("2025-04-30", 1), ("2025-05-31", 1)]
    assert [day for day, _ in nights(shop)] == ["2025-06-16"]
    assert shop.rows(
        "select customer_night_id, known_at::text from raw.customer_nights"
        " where is_history order by 1 limit 1"
    ) == [("m1/c1/2025-04-30", "2025-05-02 00:00:00+00")]


def test_a_file_with_a_first_moment_to_decide_has_live_nights_from_there(intake: Intake) -> None:
    days = ("2025-08-15", "2025-12-30", "2026-01-01", "2026-01-03")
    take(intake, "history/a.csv", *(line("c1", day) for day in days))

    assert nights(intake) == [("2026-01-01", 1), ("2026-01-02", 1), ("2026-01-03", 1)]
    assert [day for day, _ in nights(intake, history=True)] == ["2025-11-30", "2025-12-31"]
    assert intake.rows("select known_at::text from raw.sales_nights where day = '2026-01-02'") == [
        ("2026-01-03 00:00:00+00",)
    ]


def test_a_late_row_of_the_past_changes_no_night(shop: Intake) -> None:
    take(shop, "history/a.csv", line("c1", "2025-06-01"), line("c1", "2026-01-01"))
    before = nights(shop, history=True)
    take(shop, "b.csv", line("c1", "2025-07-01", "late"), line("c1", "2026-01-02"))
    take(shop, "c.csv", line("c1", "2025-05-01", "later"), line("c1", "2026-01-03"))

    assert before[-1] == ("2025-12-31", 1)
    assert nights(shop, history=True) == before
    assert [day for day, _ in nights(shop)] == ["2026-01-01", "2026-01-02", "2026-01-03"]


def test_a_month_is_no_past_before_its_last_day_is_whole(shop: Intake) -> None:
    take(shop, "history/a.csv", line("c1", "2025-06-01"), line("c1", "2025-12-31"))
    take(shop, "b.csv", line("c1", "2025-12-31", "evening"), line("c1", "2026-01-01"))

    assert [day for day, _ in nights(shop, history=True)][-1] == "2025-11-30"
    assert [day for day, _ in nights(shop)] == ["2025-12-31", "2026-01-01"]


@pytest.mark.parametrize(
    ("one", "other"),
    [(("a/b", "c"), ("a", "b/c")), (("a%2Fb", "c"), ("a/b", "c")), (("a%", "/c"), ("a", "%/c"))],
)
def test_the_ids_of_nights_never_collide(
    shop: Intake, one: tuple[str, str], other: tuple[str, str]
) -> None:
    lines = [
        line(customer, "2026-03-01", str(number), merchant)
        for number, (merchant, customer) in enumerate((one, other))
    ]
    take(shop, "a.csv", *lines)

    assert shop.rows("select count(distinct customer_night_id) from raw.customer_nights") == [(2,)]


# everything but what Postgres cannot store
IDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
SLASHES = st.text("/%25F", max_size=6)


@given(st.sets(st.tuples(IDS | SLASHES, IDS | SLASHES), min_size=2, max_size=40))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_different_parts_give_different_ids(migrated: Db, parts: set[tuple[str, str]]) -> None:
    merchants, customers = (list(side) for side in zip(*sorted(parts), strict=True))

    [(different,)] = migrated.rows(
        "select count(distinct raw.part_of_id(merchant) || '/' || raw.part_of_id(customer))"
        " from unnest(%s::text[], %s::text[]) as parts (merchant, customer)",
        merchants,
        customers,
    )

    assert different == len(parts)
