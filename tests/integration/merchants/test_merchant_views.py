"""The views of merchants add up: each customer has one segment, and no revenue is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from features.build import PROJECT, build
from infra.local import night_pages
from infra.postgres import merchants
from tests import documents
from tests.conftest import PASSWORD, Db, a_warehouse
from tests.integration.merchants import shop
from tests.integration.merchants.logins import as_login

VIEWS = sorted(
    path.stem
    for folder in ("merchants", "demand", "stock", "prices")
    for path in (PROJECT / "models/serving" / folder).glob("*.sql")
)
REVENUE = (
    "select merchant_id, sum(net_base_minor)::bigint from raw.sales where is_merchandise group by 1"
)


@pytest.fixture(scope="module")
def shops(
    cluster: Any, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Db]:
    """A warehouse with two shops and one published night, built once."""
    with a_warehouse(cluster, built_template, tmp_path_factory.mktemp("shops")) as db:
        shop.fill(db)
        superuser = cluster.conninfo(db.settings.warehouse.database)
        for merchant in ("shop", "rival"):
            merchants.create_login(superuser, f"merchant_{merchant}", merchant, PASSWORD)
        yield db


def test_every_customer_with_activity_has_exactly_one_segment(shops: Db) -> None:
    active = shops.rows(
        "select merchant_id, customer_id from raw.customer_nights where day_at = %s order by 1, 2",
        shop.NIGHT,
    )

    shown = shops.rows(
        "select merchant_id, customer_id from serving.customer_segments order by 1, 2"
    )

    assert len(shown) == 160
    assert shown == active


def test_revenue_over_segments_and_guests_is_the_revenue(shops: Db) -> None:
    profiles = shops.rows(
        "select merchant_id, sum(revenue_minor)::bigint, sum(customers)::bigint, "
        "bool_or(segment = 'guests' and revenue_minor > 0) from serving.segment_profiles group by 1"
    )

    revenue = dict(shops.rows(REVENUE))
    assert {merchant: amount for merchant, amount, _, _ in profiles} == revenue
    assert {merchant: count for merchant, _, count, _ in profiles} == {"shop": 120, "rival": 40}
    assert all(has_guests for *_, has_guests in profiles)


def test_a_customer_without_an_answer_is_shown_as_unsegmented(shops: Db) -> None:
    rows = shops.rows(
        "select customers from serving.segment_profiles "
        "where merchant_id = 'shop' and segment = 'unsegmented'"
    )

    assert rows == [(1,)]


def test_the_parts_of_a_change_add_up_exactly(shops: Db) -> None:
    wrong = shops.rows(
        "select * from serving.revenue_tree where change_minor <> from_customers_minor "
        "+ from_visits_minor + from_basket_minor + from_price_minor + from_returns_minor"
    )
    moved = shops.rows("select count(*) from serving.revenue_tree where change_minor <> 0")

    assert wrong == []
    assert moved[0][0] > 30


@pytest.mark.parametrize(
    ("rows", "part"), [("category = 'all'", "segment"), ("segment = 'all'", "category")]
)
def test_the_revenue_of_the_tree_closes_over_its_groups(shops: Db, rows: str, part: str) -> None:
    sums = shops.rows(
        f"select merchant_id, sum(revenue_minor) filter (where {part} = 'all') "
        f"- sum(revenue_minor) filter (where {part} <> 'all'), "
        f"sum(last_revenue_minor) filter (where {part} = 'all') "
        f"- sum(last_revenue_minor) filter (where {part} <> 'all') "
        f"from serving.revenue_tree where {rows} group by 1 order by 1"
    )

    assert sums == [("rival", 0, 0), ("shop", 0, 0)]


def test_the_tree_covers_the_sales_of_both_periods(shops: Db) -> None:
    tree = shops.rows(
        "select merchant_id, revenue_minor, last_revenue_minor from serving.revenue_tree "
        "where segment = 'all' and category = 'all' order by 1"
    )

    sales = shops.rows(
        "select merchant_id, "
        "sum(net_base_minor) filter (where occurred_at >= '2026-03-02')::bigint, "
        "sum(net_base_minor) filter (where occurred_at < '2026-03-02' "
        "and occurred_at >= '2026-01-31')::bigint "
        "from raw.sales where is_merchandise group by 1 order by 1"
    )
    assert tree == sales


def test_customers_of_a_month_are_those_before_less_lapsed_plus_new_and_returned(shops: Db) -> None:
    wrong = shops.rows(
        "select * from (select *, lag(customers, 1, 0::bigint) over "
        "(partition by merchant_id order by month_start) as before "
        "from serving.customer_flows) as flows "
        "where customers <> before - lapsed_customers + new_customers + returned_customers "
        "or customers <> new_customers + repeating_customers + returned_customers"
    )
    flows = shops.rows("select count(*) from serving.customer_flows where lapsed_customers > 0")

    assert wrong == []
    assert flows[0][0] >= 2


def test_a_cohort_is_whole_in_its_first_month(shops: Db) -> None:
    rows = shops.rows(
        "select merchant_id, sum(cohort_customers)::bigint, bool_and(retention = 1), "
        "sum(active_customers)::bigint = sum(cohort_customers)::bigint "
        "from serving.cohort_retention where months_since = 0 group by 1 order by 1"
    )

    assert rows == [("rival", 40, True, True), ("shop", 120, True, True)]


def test_the_migration_matrix_holds_every_customer_once(shops: Db) -> None:
    rows = shops.rows(
        "select merchant_id, sum(customers)::bigint from serving.segment_migrations "
        "group by 1 order by 1"
    )
    moved = shops.rows(
        "select bool_and((move_reason is null) = (from_segment is not distinct from to_segment)), "
        "count(*) filter (where move_reason = 'ageing') from serving.segment_migrations"
    )

    assert rows == [("rival", 40), ("shop", 120)]
    assert moved[0][0]
    assert moved[0][1] >= 3


def test_a_bought_category_and_a_large_category_are_candidates(shops: Db) -> None:
    ranks = shops.rows(
        "select max(priority_rank), bool_and(lift_low <= lift and lift <= lift_high), "
        "bool_and(expected_spend_30d >= 0) from serving.priority_categories "
        "where merchant_id = 'shop' and grain = 'customer' group by customer_id"
    )

    assert len(ranks) >= 110
    assert set(ranks) == {(4, True, True)}


def test_the_first_categories_of_a_segment_are_those_it_buys_most(shops: Db) -> None:
    rows = shops.rows(
        "select category, priority_rank, expected_share, merchant_share, support_customers "
        "from serving.priority_categories "
        "where merchant_id = 'shop' and grain = 'segment' and segment = 's1' order by 2"
    )

    assert rows[0][0] == "tea"
    assert sum(row[2] for row in rows) == pytest.approx(1, abs=0.02)
    assert all(row[4] <= 60 for row in rows)


def test_purchasing_power_is_joined_by_the_shared_ids(shops: Db) -> None:
    rows = shops.rows(
        "select count(*), count(spend_30d), min(wallet_share_90d) >= 0 "
        "from serving.purchasing_power where merchant_id = 'shop'"
    )

    assert rows == [(120, 120, True)]


def test_a_market_position_appears_for_large_cohorts_alone(shops: Db) -> None:
    cells = shops.rows(
        "select category, segment, customers, wallet_share, spend_elsewhere "
        "from serving.market_position where merchant_id = 'shop' and not is_suppressed"
    )
    suppressed = shops.rows(
        "select distinct segment, coalesce(customers, spend_elsewhere, wallet_share) "
        "from serving.market_position where merchant_id = 'shop' and is_suppressed order by 1"
    )

    assert {segment for _, segment, *_ in cells} >= {"s1", "all"}
    assert all(customers >= 20 and customers % 5 == 0 for _, _, customers, *_ in cells)
    assert all(0 < share < 1 and spend > 0 for *_, share, spend in cells)
    assert {"s3", "s4"} <= {segment for segment, _ in suppressed}
    assert {value for _, value in suppressed} == {None}


def test_the_share_of_a_market_is_that_of_the_card_revenue(shops: Db) -> None:
    shares = shops.rows(
        "select category, market_share from serving.market_position "
        "where merchant_id = 'shop' and segment = 'all' order by 1"
    )

    revenue = shops.rows(
        "select transaction_category, round(sum(amount_minor) filter (where merchant_id = 'shop') "
        "/ sum(amount_minor), 2)::float from raw.transactions where occurred_at >= '2026-03-01' "
        "group by 1 order by 1"
    )
    assert shares == revenue


def test_a_closed_month_is_never_computed_again(shops: Db) -> None:
    before = shops.rows("select * from marts.fct_market_cells order by 1, 2, 3, 4")

    build("customer_features", shops.settings.warehouse, shops.settings.work, shop.SHARED)

    assert shops.rows("select * from marts.fct_market_cells order by 1, 2, 3, 4") == before


def test_the_newest_estimate_of_prices_is_shown_and_a_category_says_why_it_cannot_tell(
    shops: Db,
) -> None:
    query = "select category, can_tell, status, elasticity from serving.price_elasticity order by 1"

    assert as_merchant(shops, "shop", query) == [
        ("cups", False, "few_price_moves", None),
        ("tea", True, "ok", -1.5),
    ]
    assert as_merchant(
        shops, "shop", "select category, net_units from serving.promotion_uplift order by 1"
    ) == [("cups", None), ("tea", 240.0)]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("merchant", ["shop", "rival"])
def test_a_merchant_sees_its_own_rows_alone(shops: Db, merchant: str, view: str) -> None:
    query = f"select merchant_id, count(*) from serving.{view} group by 1 order by 1"
    everything = dict(shops.rows(query))

    seen = dict(as_merchant(shops, merchant, query))

    assert set(everything) == {"shop", "rival"}
    assert seen == {merchant: everything[merchant]}


def test_each_documented_question_of_a_merchant_has_an_answer(shops: Db) -> None:
    queries = [query for role, query in documents.queries() if role == "merchant"]

    assert len(queries) >= 9
    for query in queries:
        assert as_merchant(shops, "shop", query), query


@pytest.mark.parametrize("page", night_pages.PAGES, ids=lambda page: page.title)
def test_each_table_of_the_demos_last_page_has_rows_for_an_analyst(
    shops: Db, page: night_pages.NightPage
) -> None:
    with shops.connect("analyst") as analyst:
        for query in (page.query, page.to_try):
            assert analyst.execute(query.encode()).fetchall(), query


def as_merchant(db: Db, merchant: str, query: str) -> list[tuple[Any, ...]]:
    """Run a query in a session of a merchant and return its rows."""
    return as_login(db, f"merchant_{merchant}", query)
