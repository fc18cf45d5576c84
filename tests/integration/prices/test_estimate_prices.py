"""A generated store in Postgres: its elasticity and the effects of its promotions are found."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from features.platform import database
from features.platform.errors import ConfigurationError
from scoring.__main__ import main
from scoring.commands import prices as command
from scoring.pricing import estimation, groups, history_reader
from scoring.pricing.estimation import State
from scoring.pricing.quality.recovery import history_of
from tests import priced_stores
from tests.integration.prices.merchants import BROKEN, NEW, Estimated
from tests.priced_stores import DAY, STORE


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


def test_a_large_merchant_is_estimated_in_groups_of_whole_categories(
    estimated: Estimated, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    measure = estimation.estimates.measure

    def watched(history: Any, categories: int) -> Any:
        sizes.append(len(history.units))
        return measure(history, categories)

    # the sizes are seen on the way, with groups that the small store fills
    monkeypatch.setattr(estimation.estimates, "measure", watched)
    monkeypatch.setattr(groups, "MOST_SERIES", 40)
    moment = priced_stores.moment(estimated.world, 200)

    receipt = estimation.estimate(estimated.db.settings, as_of=moment, merchant=STORE)

    assert len(sizes) > 1
    assert max(sizes) <= 40
    assert receipt.outcomes[0].categories == len(estimated.world.assortment.categories)


def test_of_a_category_that_is_too_large_every_kth_product_is_read(
    estimated: Estimated, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the store has no category of a thousand series
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
    # the command reads the settings of its process
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
