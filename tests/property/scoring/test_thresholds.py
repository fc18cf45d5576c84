"""Laws of the cost-optimal cut-offs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scoring.decision.thresholds import Costs, at, cheapest, of_applications, of_transactions
from tests.credit import OF_RECORD

probabilities = st.lists(st.floats(0, 1), min_size=1, max_size=60)
amounts = st.floats(100, 1e7)


def payments(values: list[float], amount: float) -> tuple[np.ndarray, Costs]:
    assert OF_RECORD.costs
    assert OF_RECORD.review_team
    probability = np.array(values)
    spent = np.full(len(values), amount)
    return probability, of_transactions(probability, spent, OF_RECORD.costs, OF_RECORD.review_team)


@given(probabilities, amounts, st.integers(0, 60), st.floats(0, 1), st.floats(0, 1))
def test_no_other_cut_offs_are_cheaper_within_the_capacity(
    values: list[float], amount: float, capacity: int, one: float, other: float
) -> None:
    probability, costs = payments(values, amount)
    found = cheapest(probability, costs, capacity)
    tried = at(probability, costs, *sorted([one, other]))

    assert found.reviews <= capacity
    assert tried.reviews > capacity or found.cost <= tried.cost + 1e-6 * abs(tried.cost) + 1e-6


@given(probabilities, amounts, st.integers(0, 60), st.integers(0, 60))
def test_more_capacity_never_costs_more(
    values: list[float], amount: float, one: int, other: int
) -> None:
    probability, costs = payments(values, amount)
    small, large = sorted([one, other])

    less = cheapest(probability, costs, small).cost
    assert cheapest(probability, costs, large).cost <= less + 1e-9 * abs(less)


@given(probabilities, amounts, st.integers(0, 60))
def test_what_is_said_to_cost_is_what_the_cut_offs_cost(
    values: list[float], amount: float, capacity: int
) -> None:
    # a certain row is declined by any cut-off, so leave certainty out
    probability, costs = payments([min(value, 0.99) for value in values], amount)
    found = cheapest(probability, costs, capacity)
    again = at(probability, costs, found.review, found.decline)

    assert found.reviews == again.reviews
    assert np.isclose(found.cost, again.cost)


def test_without_a_team_the_decline_stands_where_gain_and_loss_are_equal() -> None:
    assert OF_RECORD.review_team
    probability = np.linspace(0.001, 0.999, 999)
    loss, gain = np.full(999, 40_000.0), np.full(999, 12_000.0)
    costs = of_applications(probability, loss, gain, OF_RECORD.review_team)
    found = cheapest(probability, costs, 0)

    assert abs(found.decline - 12 / 52) < 0.005  # the grid of candidates
    assert found.review == found.decline
