"""Estimates of prices are written once, all of a merchant or none, and on known data alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from scoring.pricing import estimation
from scoring.pricing.estimation import State
from tests import priced_stores
from tests.builders import a_sale, insert_events, insert_facts, insert_sales
from tests.conftest import Db
from tests.integration.prices.merchants import Estimated, book
from tests.priced_stores import DAY, STORE


def test_the_same_moment_and_data_write_nothing_twice(estimated: Estimated) -> None:
    before = estimated.rows("select count(*) from decisions.price_estimates")

    again = estimation.estimate(estimated.db.settings, as_of=estimated.receipt.as_of)

    assert [again.count(state) for state in State] == [0, 2, 1]
    assert estimated.rows("select count(*) from decisions.price_estimates") == before


def test_rows_that_became_known_later_are_in_no_estimate(estimated: Estimated) -> None:
    """Later rows of every feed lie in the past of the moment; only their knowledge is later."""
    db, world, moment = estimated.db, estimated.world, estimated.receipt.as_of
    late = moment + timedelta(hours=1)
    day = priced_stores.moment(world, 300)
    known = {"merchant_id": STORE, "known_at": late, "is_history": True}
    event = known | {"product_id": "p1", "version": 1}
    corrected = dict(
        zip(
            ("sale_line_id", "product_id", "channel", "occurred_at"),
            db.rows(
                "select sale_line_id, product_id, channel, occurred_at from raw.sales"
                " where merchant_id = %s order by sale_line_id limit 1",
                STORE,
            )[0],
            strict=True,
        )
    )
    sale = known | {"occurred_at": day, "channel": "store", "category": None}
    insert_sales(
        db,
        [
            a_sale(**sale, product_id="p1", quantity=5000, unit_price_minor=1),
            a_sale(**sale, product_id="a new product", quantity=5000),
            a_sale(**known | corrected, version=2, category="another", quantity=7000),
        ],
    )
    promotion = {"channel": None, "price_minor": 1, "price_base_minor": 1, "currency_code": "USD"}
    insert_events(
        db,
        "promotions",
        "announced_at",
        [
            event | promotion | {"promotion_id": name, "version": version, "announced_at": day,
                                 "starts_on": day.date(), "ends_on": (day + 20 * DAY).date()}
            for name, version in (("new", 1), ("r0", 2))
        ],
    )  # fmt: skip
    [(count, *counted)] = db.rows(
        "select stock_level_id, product_id, location, counted_at from raw.stock_levels"
        " where on_hand = 0 order by stock_level_id limit 1"
    )
    insert_events(
        db,
        "stock_levels",
        "counted_at",
        [
            event | {"stock_level_id": "new", "location": "store", "counted_at": day, "on_hand": 0},
            known | dict(zip(("product_id", "location", "counted_at"), counted, strict=True))
            | {"stock_level_id": count, "version": 2, "on_hand": 900},
        ],
    )  # fmt: skip
    insert_facts(
        db,
        "products",
        [{"merchant_id": STORE, "product_id": "p1", "version": 2, "category": "another",
          "currency_code": "USD", "known_at": late}],
    )  # fmt: skip
    book(db)

    # each of the later rows counts once it is known, so each could leak
    before, after = _facts(db, moment), _facts(db, late)
    assert all(then < now for then, now in zip(before, after, strict=True))

    then = estimation.estimate(db.settings, as_of=moment, merchant=STORE)
    now = estimation.estimate(db.settings, as_of=late, merchant=STORE)

    assert [each.state for each in then.outcomes] == [State.UNCHANGED]
    assert [each.state for each in now.outcomes] == [State.ESTIMATED]
    [(kept, categories)] = db.rows(
        "select count(distinct data_sha256), count(*) filter (where category = 'another')"
        " from decisions.price_estimates where merchant_id = %s and as_of >= %s",
        STORE,
        moment,
    )
    assert (kept, categories) == (2, 1)


def _facts(db: Db, moment: datetime) -> tuple[Any, ...]:
    """Return sums over the days known at a moment: units, shortages, promotions, series."""
    with db.connect("score") as connection:
        connection.execute("select set_config('vesper.as_of', %s, true)", (moment.isoformat(),))
        facts = connection.execute(
            "select sum(units), count(*) filter (where is_missing and product_id = 'p1'),"
            " count(*) filter (where is_promoted), count(distinct (product_id, channel))"
            " from marts.fct_price_days where merchant_id = %s",
            (STORE,),
        ).fetchone()
    assert facts is not None
    return facts


def test_the_rows_of_a_killed_writer_are_all_there_or_none(estimated: Estimated) -> None:
    """A row that Postgres refuses takes the rows of the merchant's other categories with it."""
    db, moment = estimated.db, priced_stores.moment(estimated.world, 199)
    with db.superuser() as connection:
        connection.execute(
            "alter table decisions.price_estimates add constraint refused"
            f" check (category <> 'water' or as_of <> '{moment.isoformat()}') not valid".encode()
        )
    receipt = estimation.estimate(db.settings, as_of=moment, merchant=STORE)
    with db.superuser() as connection:
        connection.execute("alter table decisions.price_estimates drop constraint refused")

    assert [each.state for each in receipt.outcomes] == [State.FAILED]
    assert "write estimates of prices" in receipt.failures[0]
    assert db.rows("select count(*) from decisions.price_estimates where as_of = %s", moment) == [
        (0,)
    ]
