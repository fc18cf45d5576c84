"""The reference files agree with the traffic that they describe."""

from __future__ import annotations

from functools import cache

from features.synthesize import references
from tests.unit.features.synthesize.worlds import (
    START,
    TRANSACTIONS,
    Delivered,
    a_plan,
    deliver,
    window_of,
)

CUSTOMERS, MERCHANTS = "landing/synthetic/customers/", "landing/synthetic/merchants/"


@cache
def world() -> Delivered:
    """Synthesize one world for all cases."""
    return deliver(a_plan())


def test_most_customers_and_merchants_are_known_before_the_first_transaction() -> None:
    transactions = world().feed(TRANSACTIONS)

    for prefix, key, share in (
        (CUSTOMERS, "customer_id", references.KNOWN_CUSTOMERS),
        (MERCHANTS, "merchant_id", references.KNOWN_MERCHANTS),
    ):
        (name,) = world().names(prefix)
        stated = world().file(name)
        assert "/history/" in name
        assert window_of(name)[0] == START
        assert stated[key].is_unique
        assert set(stated["known_at"]) == {"2026-03-01T00:00:00.000Z"}
        assert (stated["opened_on"] < "2026-03-01").all()
        used = transactions[key].drop_duplicates()
        assert abs(used.isin(stated[key]).mean() - share) < 0.08


def test_the_category_and_the_place_of_a_merchant_are_those_of_its_transactions() -> None:
    stated = world().feed(MERCHANTS).set_index("merchant_id").add_suffix("_stated")
    rows = world().feed(TRANSACTIONS).join(stated, on="merchant_id", how="inner")

    assert (rows["transaction_category"] == rows["category_stated"]).all()
    shops = rows[rows["location_stated"] != ""]
    assert len(shops) > 100
    assert (shops["location"] == shops["location_stated"]).all()


def test_without_history_the_files_are_live_and_the_first_of_their_feed() -> None:
    (name,) = deliver(a_plan(live_from=START)).names(CUSTOMERS)

    assert "/history/" not in name


def test_the_files_are_the_same_in_every_run() -> None:
    again = deliver(a_plan())

    for prefix in (CUSTOMERS, MERCHANTS):
        (name,) = world().names(prefix)
        assert again.objects[name] == world().objects[name]
