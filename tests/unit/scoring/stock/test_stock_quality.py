"""The measurements of the stock core see what they shall see, on a small market."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.models.dispersion import Dispersion
from scoring.stock.draws import keys_of
from scoring.stock.plan import Situation, plan
from scoring.stock.proposals import Packing, Target
from scoring.stock.quality import benchmark, forward, normal_rule, run_out
from scoring.stock.quality.benchmark import Measures, Rates
from scoring.stock.quality.forward import Market, State, Trial
from scoring.stock.quality.reliability import base_rate_brier, brier, deciles

PRODUCTS, DAYS, MEAN = 24, 160, 3.0


@pytest.fixture(scope="module")
def market() -> Market:
    """Return products with scattered demand, uncertain lead times and weekly orders."""
    rng = np.random.default_rng(5)
    demand = rng.poisson(MEAN * rng.gamma(1.0, 1.0, (PRODUCTS, DAYS)))
    days = np.zeros((PRODUCTS, 7), dtype=np.bool_)
    days[:, 0] = True
    return Market(
        keys=keys_of([f"p{number}" for number in range(PRODUCTS)]),
        demand=demand,
        first_day=20_000,
        lead_time=np.full(PRODUCTS, 6.0),
        deviation=np.full(PRODUCTS, 2.0),
        lead_times=np.maximum(np.rint(rng.gamma(9.0, 6 / 9, (PRODUCTS, DAYS))), 1).astype(int),
        order_days=days,
        packing=Packing(np.full(PRODUCTS, 6), np.full(PRODUCTS, 12)),
        target=Target(np.full(PRODUCTS, 0.95), np.ones(PRODUCTS, dtype=np.bool_)),
    )


def forecast(_: int) -> np.ndarray:
    return np.full((PRODUCTS, 28), MEAN)


def trial(market: Market) -> Trial:
    dispersion = Dispersion(np.ones(PRODUCTS), np.zeros(PRODUCTS))
    return Trial(market, forecast, dispersion, first=60, days=90, warm_up=40)


def planned(situation: Situation, night: int) -> np.ndarray:
    return plan(situation, seed=night, paths=32)[1].quantity


def test_proposals_reach_their_fill_rate_on_demand_that_no_rule_knows(market: Market) -> None:
    result = forward.run(trial(market), planned)

    assert result.fill_rate() == pytest.approx(0.95, abs=0.02)
    assert result.demanded.sum() == market.demand[:, 60:150].sum()


def test_without_orders_all_stock_is_sold_and_the_rest_of_the_demand_is_lost(
    market: Market,
) -> None:
    result = forward.run(trial(market), lambda situation, _: np.zeros(len(situation), np.int64))

    assert result.fill_rate() == 0.0
    assert result.stock.sum() == 0
    assert result.orders.sum() == 0


def test_simulated_paths_know_more_of_run_outs_than_the_normal_approximation(
    market: Market,
) -> None:
    states: dict[int, State] = {}
    forward.run(trial(market), planned, states.__setitem__)
    every = {night: state for night, state in states.items() if night % 5 == 0}

    found = run_out.measure(trial(market), np.full(PRODUCTS, 3.4), every)

    score = brier(found.simulated, found.happened)
    assert score < base_rate_brier(found.happened)
    assert score < brier(found.normal, found.happened)


def test_a_brier_score_is_that_of_its_formula() -> None:
    probability = np.array([0.0, 0.5, 1.0, 0.5])
    happened = np.array([False, True, True, False])

    assert brier(probability, happened) == 0.125
    assert base_rate_brier(happened) == 0.25
    assert [one.rows for one in deciles(probability, happened)] == [1, 1, 1, 1]


def test_the_safety_factor_solves_the_normal_loss() -> None:
    factor = normal_rule.safety_factor(np.array([0.3989, 0.0833, 0.0085]))

    assert factor == pytest.approx([0.0, 1.0, 2.0], abs=0.01)


def test_the_bars_hold_for_skill_a_kept_fill_rate_and_less_stock_than_the_normal_rule() -> None:
    def measured(brier: float, fill_rate: float, stock: float) -> list[bool]:
        measures = Measures(
            target=0.95,
            proposals=Rates(fill_rate, stock, 1),
            normal=Rates(0.9, 50.0, 1),
            normal_alike=Rates(fill_rate, 100.0, 1),
            fill_rates={},
            nights=1,
            happened=0.5,
            brier=(brier, 0.2, 0.25),
            reliability=[],
            reliability_normal=[],
        )
        return [check.holds for check in benchmark.checks(measures) if check.bar is not None]

    assert measured(0.19, 0.94, 99.0) == [True, True, True]
    assert measured(0.21, 0.94, 99.0) == [False, True, True]
    assert measured(0.19, 0.92, 99.0) == [True, False, True]
    assert measured(0.19, 0.98, 101.0) == [True, False, False]
