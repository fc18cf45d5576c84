"""The measured quality of prices counts how often an interval holds the generator's truth."""

from __future__ import annotations

import numpy as np
import pytest

from features.synthesize.stores import world as worlds
from features.synthesize.stores.world import World
from scoring.pricing.quality import protocol
from scoring.pricing.quality.recovery import MEASURES, Recovery, history_of, measure


@pytest.fixture(scope="module")
def world() -> World:
    """Make one store."""
    return worlds.make(protocol.plan(stores=1, products=64))


@pytest.fixture(scope="module")
def recovery(world: World) -> Recovery:
    """Measure it."""
    return measure(world)


def test_a_day_without_stock_all_day_is_missing_for_the_merchant(world: World) -> None:
    history = history_of(world, 0)

    assert (np.isnan(history.units) == (world.stock_share < 1)).all()
    assert (history.units[world.stock_share == 1] == world.units[world.stock_share == 1]).all()


def test_a_category_whose_regular_price_never_moves_cannot_tell(recovery: Recovery) -> None:
    told = recovery.is_told[MEASURES.index("elasticity"), 0]

    assert [recovery.categories[code] for code in np.flatnonzero(~told)] == ["water"]
    assert "elasticity       water      cannot tell" in protocol.lines(recovery)


def test_the_truth_of_net_uplift_is_gross_less_both_losses(recovery: Recovery) -> None:
    gross, others, later, net = recovery.truth[1:]

    assert net == pytest.approx(gross - others - later, nan_ok=True)
    assert (recovery.truth[0, 0] <= -0.7).all()


def test_the_share_within_counts_the_estimates_that_can_be_told() -> None:
    truth = np.full((len(MEASURES), 1, 4), 1.0)
    low = np.tile([0.5, 1.2, 0.0, np.nan], (len(MEASURES), 1, 1))
    counted = Recovery(["a", "b", "c", "d"], truth, low + 0.1, low, low + 1.1)

    checks = {check.name: check.value for check in protocol.checks_of(counted)}

    assert checks["pricing.elasticity_within"] == pytest.approx(2 / 3)
    assert not any(check.holds for check in protocol.checks_of(counted))
    nothing = Recovery(["a"], truth[:, :, :1], *[np.full((len(MEASURES), 1, 1), np.nan)] * 3)
    assert nothing.within("net uplift") == 0.0


def test_figures_of_a_category_that_cannot_tell_are_empty(recovery: Recovery) -> None:
    figures = protocol.figures(recovery)

    water = figures["elasticity"]["water"]
    assert water == {"stores": 0, "truth": None, "value": None, "reach": None, "within": None}
    assert figures["elasticity"]["fruit"]["truth"] == -1.6
