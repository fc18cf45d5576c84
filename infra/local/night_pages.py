"""Print the nights of merchants: segments, values, purchasing power, demand and stock."""

from __future__ import annotations

from dataclasses import dataclass

from infra.local.console import table
from infra.local.state import State
from infra.local.warehouse_facts import as_analyst


@dataclass(frozen=True, slots=True)
class NightPage:
    """A table about customers or products of merchants; a table without rows is not shown.

    Args:
        title: title of the table.
        query: its rows.
        to_try: query for the reader to run.
    """

    title: str
    query: str
    to_try: str


PAGES = (
    NightPage(
        "Segments of each merchant's customers, guests included",
        """
        select merchant_id, segment_name, customers,
            round(revenue_minor / 100.0) as revenue,
            round(100 * revenue_share::numeric, 1) as "% of it",
            round(recency_days_mean::numeric) as days_ago,
            round(frequency_mean::numeric, 1) as visits,
            round(basket_mean::numeric, 2) as basket,
            round(p_active_mean::numeric, 2) as p_active
        from serving.segment_profiles
        order by merchant_id, revenue_minor desc, segment
        """,
        "select customer_id, segment_name, recency_days, frequency, monetary "
        "from serving.customer_segments order by monetary desc limit 5",
    ),
    NightPage(
        "Value of customers: the next 30 and 90 days",
        """
        select merchant_id, value_method, count(*) as customers,
            round(avg(p_active)::numeric, 2)
                || case when min(p_active) > 0.99 then ', no dropout shows' else '' end as p_active,
            round(sum(expected_purchases_30d)::numeric) as purchases_30d,
            round(sum(expected_spend_30d)::numeric) as spend_30d,
            round(sum(expected_spend_90d)::numeric) as spend_90d
        from serving.customer_value
        group by merchant_id, value_method
        order by merchant_id, value_method
        """,
        "select customer_id, p_active, expected_purchases_90d, expected_spend_90d "
        "from serving.customer_value order by expected_spend_90d desc limit 5",
    ),
    NightPage(
        "Purchasing power: card spending of these customers at all merchants, next 30 days",
        """
        select power.merchant_id, segments.segment_name, count(*) as customers,
            round(avg(power.spend_30d)::numeric) as mean_spend_30d,
            round(avg(power.spend_30d_low)::numeric) as mean_low,
            round(avg(power.spend_30d_high)::numeric) as mean_high,
            round(100 * avg(power.wallet_share_90d)::numeric, 1) as "% spent here"
        from serving.purchasing_power as power
        inner join serving.customer_segments as segments
            on power.merchant_id = segments.merchant_id
            and power.customer_id = segments.customer_id
        where power.spend_30d is not null
        group by power.merchant_id, segments.segment_name
        order by power.merchant_id, mean_spend_30d desc
        """,
        "select customer_id, spend_30d, spend_30d_low, spend_30d_high "
        "from serving.purchasing_power where spend_30d is not null "
        "order by spend_30d desc limit 5",
    ),
    NightPage(
        "Demand of the next 28 days: the ten products with the largest forecast",
        """
        select merchant_id, product_id, channel,
            round(sum(mean_units)::numeric) as expected_units,
            round((sum(mean_units) filter (where days_ahead = 1))::numeric, 1) as tomorrow,
            round((sum(low_units) filter (where days_ahead = 1))::numeric, 1) as low,
            round((sum(high_units) filter (where days_ahead = 1))::numeric, 1) as high,
            min(demand_class) as class, min(method) as method
        from serving.demand_forecasts
        where grain = 'series' and mean_units is not null
        group by merchant_id, product_id, channel
        order by sum(mean_units) desc
        limit 10
        """,
        "select target_day, mean_units, low_units, high_units from serving.demand_forecasts "
        "where grain = 'series' order by mean_units desc nulls last limit 5",
    ),
    NightPage(
        "Stock: the ten products most at risk, if the next order is left out",
        """
        select merchant_id, product_id, stock_class as class, available, inbound,
            round(days_of_cover::numeric, 1) as cover,
            round(run_out_probability::numeric, 2) as p_run_out,
            expected_lost_margin as lost, order_day, order_units as units
        from serving.stock_outlook
        where run_out_probability > 0
        order by expected_lost_margin desc nulls last, expected_lost_units desc, product_id
        limit 10
        """,
        "select product_id, order_day, order_units, order_cost, saved_margin "
        "from serving.order_proposals where priority_rank <= 5 order by merchant_id, priority_rank",
    ),
)


def show(state: State) -> list[str]:
    """Print the tables that have rows; return the queries to try.

    Raises:
        psycopg.Error: a view could not be read.
    """
    to_try = []
    for page in PAGES:
        names, rows = as_analyst(state, page.query)
        if rows:
            table(page.title, names, rows)
            to_try.append(page.to_try)
    return to_try
