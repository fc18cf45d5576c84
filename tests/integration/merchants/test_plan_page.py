"""The page of a night of stock shows the run's products at risk, its orders and its gaps."""

from __future__ import annotations

from datetime import datetime, timedelta

from scoring.pages import page, reading
from scoring.pages.page import RunPage
from scoring.pages.plans import Plans
from tests.conftest import Db
from tests.integration.merchants.shop import NIGHT


def page_of(store: Db, night: datetime) -> RunPage:
    """Return the content of the page of the published run of a night."""
    [(run_id,)] = store.rows(
        "select run_id from decisions.runs "
        "where job = 'plan_stock' and state = 'published' and window_start = %s",
        night,
    )
    with store.connect("score") as connection:
        content = reading.page_of(connection, run_id)
    assert content is not None
    return content


def test_the_page_counts_the_products_and_orders_of_its_run(store: Db) -> None:
    content = page_of(store, NIGHT)

    plans = content.rows
    assert isinstance(plans, Plans)
    assert store.rows(
        "select count(*), count(*) filter (where order_units > 0), sum(order_units), "
        "count(*) filter (where is_dead), sum(expiring_units), sum(cardinality(transfer_units)) "
        "from decisions.stock_plans where run_id = %s",
        content.run.run_id,
    ) == [
        (
            plans.products,
            *(plans.sum(name) for name in ("orders", "order_units", "dead", "expiring_units")),
            plans.sum("transfers"),
        )
    ]
    assert plans.degraded == {"no_forecast": 1}


def test_the_products_at_risk_are_those_that_lose_the_most_margin(store: Db) -> None:
    content = page_of(store, NIGHT)

    plans = content.rows
    assert isinstance(plans, Plans)
    worst = store.rows(
        "select merchant_id, product_id from serving.stock_outlook where not is_degraded "
        "order by expected_lost_margin desc nulls last, expected_lost_units desc nulls last, "
        "product_id limit 10"
    )
    assert [(each.merchant_id, each.product_id) for each in plans.at_risk] == worst
    assert plans.at_risk[0].arrivals == [(2, 5.0)]
    assert plans.at_risk[0].levels()[:4] == [17.0, 16.0, 20.0, 19.0]
    text = page.render(content)
    assert text.count("<svg") == 10
    assert "1 of 1 rows have no answer (no forecast)." in text


def test_the_page_of_a_night_without_rows_says_so(store: Db) -> None:
    text = page.render(page_of(store, NIGHT + timedelta(days=1)))

    assert "No row was live in this window" in text
    assert "<svg" not in text
