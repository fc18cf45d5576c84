"""The raw tables admit every line of sales and every product of the generator."""

from __future__ import annotations

from features.synthesize import synthesize
from tests.integration.ingest.conftest import Intake
from tests.unit.features.synthesize.worlds import a_plan


def test_every_synthetic_line_is_admitted_and_revenue_closes(intake: Intake) -> None:
    """Two merchants, with returns, cancellations, guests and postage."""
    plan = a_plan(customers=80, sellers=2, sales_days=90)
    counts = synthesize(plan, intake.store)

    intake.take()

    [(lines, merchants, guests, live, unpriced)] = intake.rows(
        "select count(*), count(distinct merchant_id), count(*) filter (where customer_id is null),"
        " count(*) filter (where not is_history), count(*) filter (where net_base_minor is null)"
        " from raw.sales"
    )
    assert (lines, merchants, unpriced) == (counts.sale_lines, 2, 0)
    assert 0 < guests < lines
    assert 0 < live < lines
    assert intake.rows("select count(*) from raw.rejected_rows") == [(0,)]
    # both sides of the same orders: cards of the bank, and sales from the first card on
    [(matched, cards)] = intake.rows(
        "select count(sold.net), count(*) from ("
        " select customer_id, merchant_id, occurred_at, sum(amount_base_minor) as amount"
        " from raw.transactions where merchant_id in (select merchant_id from raw.sales)"
        " group by 1, 2, 3) as cards left join ("
        " select merchant_id, occurred_at, abs(sum(net_base_minor)) as net from raw.sales"
        " group by merchant_id, occurred_at) as sold"
        " on sold.merchant_id = cards.merchant_id and sold.occurred_at = cards.occurred_at"
        " and sold.net = cards.amount"
    )
    assert matched == cards > 20
    [(products, without_category)] = intake.rows(
        "select count(*), count(*) filter (where category is null) from raw.products"
    )
    assert (products, without_category) == (420, 0)
