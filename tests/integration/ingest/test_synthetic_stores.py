"""The raw tables admit every row of the stores of the generator, and keep what it says."""

from __future__ import annotations

from datetime import timedelta

from features.synthesize import synthesize
from features.synthesize.stores import world
from tests.integration.ingest.conftest import Intake
from tests.unit.features.synthesize.worlds import a_plan

_FEEDS = ("promotions", "purchase_orders", "stock_movements", "stock_levels")


def test_every_row_of_a_store_is_admitted_and_stock_closes(intake: Intake) -> None:
    """One store with five live days: sales, promotions, orders, movements and counts."""
    hourly = a_plan().live_from + timedelta(days=5)
    plan = a_plan(
        customers=20, stores=1, store_products=16, sales_days=60,
        hourly_from=hourly, end=hourly + timedelta(hours=1),
    )  # fmt: skip
    counts = synthesize(plan, intake.store).as_dict()

    intake.take()

    assert intake.rows("select count(*) from raw.rejected_rows") == [(0,)]
    for feed in _FEEDS:
        assert intake.rows(f"select count(*) from raw.{feed}") == [(counts[feed],)], feed
    assert intake.rows("select count(*) from raw.sales") == [(counts["sale_lines"],)]
    assert intake.rows(
        "select count(*), count(lead_time_days), count(minimum_order) from raw.products"
    ) == [(16, 16, 16)]
    # an order of history that came later has two versions
    [(versions, twice)] = intake.rows(
        "select max(version), count(*) filter (where version = 2 and received_at is not null)"
        " from raw.purchase_orders"
    )
    assert versions == 2
    assert twice > 0
    # movements of sales are the lines of sales, piece by piece
    [(sold, moved)] = intake.rows(
        "select (select sum(quantity) from raw.sales),"
        " (select sum(quantity) from raw.stock_movements where movement = 'sale')"
    )
    assert sold == moved
    # the last day is a part of a day
    [(before,)] = intake.rows(
        f"select sum(quantity) from raw.sales where occurred_at < '{plan.end.date()}'"
    )
    assert int(before) == int(world.make(plan).units[:, :-1].sum())
