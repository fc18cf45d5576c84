"""What a declined row would have done is bounded, and the bounds hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.simulation import derive
from scoring.simulation.bounds import Bounds, bounds_of, flips_at, neighbouring_rates
from scoring.simulation.matched import matched
from scoring.simulation.tally import BANDS, band_of
from tests.unit.scoring.simulation.worlds import World, a_world

CUTS = st.tuples(st.floats(0.02, 0.5), st.floats(0.01, 0.4)).map(lambda c: (c[0], c[0] + c[1]))


def approved_after(world: World, multiplier: float = 2.0) -> Bounds:
    return derive.approved(world.tally, multiplier)[1]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), before=CUTS, after=CUTS, factor=st.floats(0, 5))
def test_the_range_from_no_bad_row_to_all_holds_the_truth(
    seed: int, before: tuple[float, float], after: tuple[float, float], factor: float
) -> None:
    world = a_world(seed, before, after, factor=factor, rows=2_000)

    bounds = approved_after(world)

    if bounds.low is None or bounds.high is None:
        assert not (world.new == 0).any()
        return
    assert bounds.low <= world.bad_rate(world.new == 0) <= bounds.high
    if bounds.as_neighbours is not None and bounds.worse is not None:
        assert bounds.low <= bounds.as_neighbours <= bounds.worse <= bounds.high


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_each_assumption_is_right_where_it_holds(factor: float) -> None:
    """Declined rows lie beside observed reviews of nearly the same score."""
    world = a_world(3, before=(0.1, 0.30), after=(0.32, 0.6), factor=factor, rows=400_000)

    bounds = bounds_of(world.tally, derive.swapped_in_cells(), 2.0)
    declined = (world.stored == 2) & (world.new == 0)
    truth = world.bad_rate((world.stored != 0) & (world.new == 0))

    assert bounds.unobserved == declined.sum()
    assumed = bounds.as_neighbours if factor == 1.0 else bounds.worse
    assert assumed == pytest.approx(truth, abs=0.01)


def test_the_conclusion_flips_where_the_rates_are_equal() -> None:
    world = a_world(5)
    before, after = derive.approved(world.tally, 2.0)
    at = derive.conclusion_flips_at(before, after)

    if after.unobserved == 0:
        assert at is None
    wider = a_world(5, after=(0.5, 0.7))
    before, after = derive.approved(wider.tally, 2.0)
    at = flips_at(after, 0.15)

    assert at is not None
    total = after.observed + after.unobserved
    assert (after.bad + at * after.unobserved) / total == pytest.approx(0.15)


def test_the_same_policy_has_nothing_to_assume() -> None:
    world = a_world(7, after=(0.2, 0.4))

    before, after = derive.approved(world.tally, 2.0)

    assert before == after
    assert after.unobserved == 0
    assert after.low == after.high == world.bad_rate(world.new == 0)
    assert derive.conclusion_flips_at(before, after) is None


def test_neighbouring_rates_follow_the_truth_of_the_score() -> None:
    world = a_world(11, rows=200_000)

    rates = neighbouring_rates(world.tally)

    for score in (0.1, 0.2, 0.35):
        assert rates[band_of(np.array([score]))[0]] == pytest.approx(score, abs=0.06)
    # above the decline cut-off nothing is observed: the nearest observed score counts
    top = rates[band_of(np.array([0.8]))[0]]
    assert top == pytest.approx(0.4, abs=0.08)
    assert len(rates) == BANDS + 1


def test_moving_a_cut_off_along_one_score_changes_nothing_at_equal_approval() -> None:
    """Fewer approvals alone are no better policy."""
    world = a_world(13, before=(0.2, 0.5), after=(0.12, 0.5), rows=100_000)

    found = matched(world.tally)

    assert found is not None
    assert found.rate_after < found.rate_before
    assert found.bad_after is not None
    assert found.bad_before is not None
    assert found.bad_after < found.bad_before
    assert found.bad_at_old_rate == pytest.approx(found.bad_before, abs=0.002)
    assert found.rate_at_old_bad == pytest.approx(found.rate_before, abs=0.02)


def test_a_better_order_approves_more_at_the_old_bad_rate() -> None:
    world = a_world(17, rows=50_000)
    draw = np.random.default_rng(1)
    by_chance = draw.permutation(world.stored).astype(np.int8)
    chunk_world = a_world(17, rows=50_000)
    tally = type(chunk_world.tally)(("high",))
    from scoring.simulation.tally import Chunk, Label

    label = np.where(
        by_chance == 2, Label.DECLINED, np.where(world.is_bad, Label.BAD, Label.GOOD)
    ).astype(np.int8)
    tally.add(
        Chunk(
            stored=by_chance,
            by_policy=world.new,
            by_model=by_chance,
            new=world.new,
            label=label,
            amount=np.ones(50_000),
            score=world.score,
            cluster=np.zeros(50_000, dtype=np.int32),
            day=np.full(50_000, 20_000, dtype=np.int32),
            rule_hits=np.zeros((50_000, 1), dtype=bool),
            limit_change=None,
        )
    )

    found = matched(tally)

    assert found is not None
    assert found.bad_at_old_rate is not None
    assert found.bad_before is not None
    assert found.bad_at_old_rate < 0.8 * found.bad_before
    assert found.rate_at_old_bad is not None
    assert found.rate_at_old_bad > found.rate_before
