"""A generated store in Postgres: its elasticity is found, on known data alone and only once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from features.build import build
from features.platform import database
from features.platform.errors import ConfigurationError
from features.synthesize.stores.world import World
from infra.local.postgres import Cluster
from scoring.__main__ import main
from scoring.commands import prices as command
from scoring.pricing import estimation, groups, history_reader
from scoring.pricing.estimation import Receipt, State
from scoring.pricing.quality.recovery import history_of
from tests import priced_stores
from tests.builders import a_sale, insert_events, insert_facts, insert_sales
from tests.conftest import Db, a_warehouse
from tests.priced_stores import DAY, STORE

#: A merchant with a week of sales, and one whose pieces are no numbers.
NEW, BROKEN = "new", "broken"


@dataclass(frozen=True)
class Estimated:
    """A warehouse with three merchants, estimated once."""

    db: Db
    world: World
    receipt: Receipt

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a query as superuser."""
        return self.db.rows(query, *parameters)


def _build(db: Db, *selectors: str) -> None:
    for selector in selectors:
        build(selector, db.settings.warehouse, db.settings.work)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def estimated(
    cluster: Cluster, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Estimated]:
    """Deliver the merchants, book their days, and estimate."""
    world = priced_stores.a_world()
    with a_warehouse(cluster, built_template, tmp_path_factory.mktemp("prices")) as db:
        priced_stores.deliver(db, world)
        last = world.days.count - 1
        for merchant, days in ((NEW, 7), (BROKEN, 80)):
            moments = [priced_stores.moment(world, last - ago) for ago in range(days)]
            lines = [
                a_sale(merchant_id=merchant, occurred_at=at, quantity=3, is_history=True)
                for at in moments
            ]
            insert_sales(db, lines)
        with db.superuser() as connection:
            connection.execute(
                "update raw.sales set quantity = 'NaN' where ctid = ("
                "select ctid from raw.sales where merchant_id = %s limit 1)",
                (BROKEN,),
            )
        _build(db, "demand_features")
        receipt = estimation.estimate(db.settings, as_of=priced_stores.as_of(world))
        yield Estimated(db, world, receipt)


def test_the_history_of_a_merchant_is_the_one_that_the_store_made(estimated: Estimated) -> None:
    world = estimated.world
    with database.connect(estimated.db.settings.warehouse, "score") as connection:
        [store] = history_reader.gather(connection, priced_stores.as_of(world), STORE)
        read, _ = history_reader.read(connection, store, store.categories)
        names = connection.execute(
            "select product_id, channel from price_series order by series"
        ).fetchall()

    made = history_of(world, 0)
    place = {
        (priced_stores.product(product), ("store", "web")[channel]): series
        for series, (product, channel) in enumerate(zip(made.product, made.channel, strict=True))
    }
    made = made.take(np.array([place[name] for name in names]))
    first = store.first_day - world.days.first
    made_units = made.units[:, first:]
    is_known = read.is_live & np.isfinite(made_units)
    assert (read.units[is_known] == made_units[is_known]).all()
    assert np.isnan(read.units[read.is_live & np.isnan(made_units)]).all()
    assert (read.promoted == made.promoted[:, first:]).all()
    # a promoted day without a sale has the price of the promotion
    known_price = np.isfinite(read.price)
    assert (known_price == ((made.units > 0)[:, first:] | read.promoted))[is_known].all()
    assert read.price[known_price] == pytest.approx(made.price[:, first:][known_price], abs=0.006)


def test_the_planted_elasticity_lies_within_the_bounds(estimated: Estimated) -> None:
    truth = {each.name: each.elasticity for each in estimated.world.assortment.categories}
    rows = estimated.rows(
        "select category, elasticity_low, elasticity_high from decisions.price_estimates"
        " where merchant_id = %s and elasticity_status = 'ok'",
        STORE,
    )

    within = [low <= truth[category] <= high for category, low, high in rows]

    assert len(rows) >= 5
    assert np.mean(within) >= 0.9


def test_the_planted_effects_of_promotions_lie_within_the_bounds(estimated: Estimated) -> None:
    rows = estimated.rows(
        "select category, gross_uplift, cannibalisation_low, cannibalisation_high,"
        " pull_forward_low, pull_forward_high from decisions.price_estimates"
        " where merchant_id = %s and net_status = 'ok'",
        STORE,
    )

    truth = {each.name: each for each in estimated.world.assortment.categories}
    assert rows
    within = [
        low <= share * gross <= high
        for category, gross, *bounds in rows
        for share, low, high in (
            (truth[category].cannibalisation, *bounds[:2]),
            (truth[category].pull_forward, *bounds[2:]),
        )
    ]
    assert np.mean(within) >= 0.9
    [(wrong,)] = estimated.rows(
        "select count(*) from decisions.price_estimates where net_status = 'ok'"
        " and abs(net_uplift - gross_uplift + cannibalisation + pull_forward) > 1e-9"
    )
    assert wrong == 0


def test_a_category_that_cannot_tell_says_why(estimated: Estimated) -> None:
    water = estimated.rows(
        "select elasticity_status, elasticity, moved_products from decisions.price_estimates"
        " where merchant_id = %s and category = 'water'",
        STORE,
    )
    new = estimated.rows(
        "select category, elasticity_status, uplift_status, net_status, products"
        " from decisions.price_estimates where merchant_id = %s",
        NEW,
    )

    assert water == [("few_price_moves", None, 0)]
    assert new == [("tea", "little_history", "little_history", "little_history", 0)]


def test_a_merchant_with_a_broken_history_is_reported_and_stops_no_other(
    estimated: Estimated,
) -> None:
    receipt = estimated.receipt

    assert {each.merchant_id: each.state for each in receipt.outcomes} == {
        BROKEN: State.FAILED,
        NEW: State.ESTIMATED,
        STORE: State.ESTIMATED,
    }
    assert [receipt.count(state) for state in State] == [2, 0, 1]
    assert "no finite numbers" in receipt.failures[0]
    events = estimated.rows(
        "select subject, event, (detail ->> 'cause') like '%finite%' from audit.events"
        " where event like 'prices%' order by subject limit 3"
    )
    assert events == [
        (BROKEN, "prices_not_estimated", True),
        (NEW, "prices_estimated", None),
        (STORE, "prices_estimated", None),
    ]


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
    _build(db, "demand_features")

    # each of the later rows counts once it is known, so each could leak
    before, after = _facts(db, moment), _facts(db, late)
    assert all(then < now for then, now in zip(before, after, strict=True))

    then = estimation.estimate(db.settings, as_of=moment, merchant=STORE)
    now = estimation.estimate(db.settings, as_of=late, merchant=STORE)

    assert [each.state for each in then.outcomes] == [State.UNCHANGED]
    assert [each.state for each in now.outcomes] == [State.ESTIMATED]
    [(kept, categories)] = db.rows(
        "select count(distinct data_sha256), count(*) filter (where category = 'another')"
        " from decisions.price_estimates where merchant_id = %s",
        STORE,
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


def test_a_large_merchant_is_estimated_in_groups_of_whole_categories(
    estimated: Estimated, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    measure = estimation.estimates.measure

    def watched(history: Any, categories: int) -> Any:
        sizes.append(len(history.units))
        return measure(history, categories)

    monkeypatch.setattr(estimation.estimates, "measure", watched)
    monkeypatch.setattr(groups.pack, "__defaults__", (40,))
    moment = priced_stores.moment(estimated.world, 200)

    receipt = estimation.estimate(estimated.db.settings, as_of=moment, merchant=STORE)

    assert len(sizes) > 1
    assert max(sizes) <= 40
    assert receipt.outcomes[0].categories == len(estimated.world.assortment.categories)


def test_of_a_category_that_is_too_large_every_kth_product_is_read(
    estimated: Estimated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_reader, "MOST_SERIES", 8)
    with database.connect(estimated.db.settings.warehouse, "score") as connection:
        [store] = history_reader.gather(
            connection, priced_stores.moment(estimated.world, 200), STORE
        )
        channels = connection.execute(
            "select count(*) from price_series group by product_id"
        ).fetchall()

    read = sum(each.end - each.first for each in store.categories)
    assert 0 < read < 128
    # a product is read with all its channels, or not at all
    assert {count for (count,) in channels} == {2}


def test_a_moment_ahead_and_a_merchant_without_sales_are_refused(estimated: Estimated) -> None:
    settings = estimated.db.settings
    with pytest.raises(ConfigurationError, match="lies in the future"):
        estimation.estimate(settings, as_of=estimated.receipt.as_of + 36500 * DAY)
    with pytest.raises(ConfigurationError, match="'stroe' has no sales known at"):
        estimation.estimate(settings, merchant="stroe")
    before = priced_stores.moment(estimated.world, 0)
    assert estimation.estimate(settings, as_of=before).outcomes == []


def test_the_command_prints_each_merchant_and_ends_with_status_1_where_one_failed(
    estimated: Estimated, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "get_settings", lambda: estimated.db.settings)
    moment = estimated.receipt.as_of.isoformat()

    statuses = [
        main(["prices", "estimate", "--as-of", moment, *more])
        for more in ([], ["--merchant", NEW], ["--merchant", STORE, "--json"])
    ]

    everything, shown = capsys.readouterr().out.split("{", 1)
    assert statuses == [1, 0, 0]
    assert f"{BROKEN}: failed, ContractError" in everything
    assert "3 merchants as of" in everything
    assert "0 estimated, 2 unchanged, 1 failed" in everything
    assert json.loads("{" + shown)["unchanged"] == 1


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
