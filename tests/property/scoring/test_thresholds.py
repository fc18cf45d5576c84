"""The cost-optimal cut-offs keep their laws."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scoring.decision.thresholds import Costs, at, cheapest, of_applications, of_transactions
from tests.credit import OF_RECORD

probabilities = st.lists(st.floats(0, 1), min_size=1, max_size=60)
amounts = st.floats(100, 1e7)


def transactions(values: list[float], amount: float) -> tuple[np.ndarray, Costs]:
    assert OF_RECORD.costs
    assert OF_RECORD.review_team
    probability = np.array(values)
    spent = np.full(len(values), amount)
    return probability, of_transactions(probability, spent, OF_RECORD.costs, OF_RECORD.review_team)


@given(probabilities, amounts, st.integers(0, 60), st.floats(0, 1), st.floats(0, 1))
def test_no_other_cut_offs_are_cheaper_within_the_capacity(
    values: list[float], amount: float, capacity: int, first: float, second: float
) -> None:
    probability, costs = transactions(values, amount)
    cut_offs = cheapest(probability, costs, capacity)
    tried = at(probability, costs, *sorted([first, second]))

    assert cut_offs.reviews <= capacity
    assert tried.reviews > capacity or cut_offs.cost <= tried.cost + 1e-6 * abs(tried.cost) + 1e-6


@given(probabilities, amounts, st.integers(0, 60), st.integers(0, 60))
def test_more_capacity_never_costs_more(
    values: list[float], amount: float, first: int, second: int
) -> None:
    probability, costs = transactions(values, amount)
    small, large = sorted([first, second])

    less = cheapest(probability, costs, small).cost
    assert cheapest(probability, costs, large).cost <= less + 1e-9 * abs(less)


@given(probabilities, amounts, st.integers(0, 60))
def test_the_reported_cost_equals_the_cost_of_the_cut_offs(
    values: list[float], amount: float, capacity: int
) -> None:
    # every cut-off declines a certain row, so the test excludes certainty
    probability, costs = transactions([min(value, 0.99) for value in values], amount)
    cut_offs = cheapest(probability, costs, capacity)
    again = at(probability, costs, cut_offs.review, cut_offs.decline)

    assert cut_offs.reviews == again.reviews
    assert np.isclose(cut_offs.cost, again.cost)


def test_without_a_review_team_the_decline_cut_off_balances_gain_and_loss() -> None:
    assert OF_RECORD.review_team
    probability = np.linspace(0.001, 0.999, 999)
    loss, gain = np.full(999, 40_000.0), np.full(999, 12_000.0)
    costs = of_applications(probability, loss, gain, OF_RECORD.review_team)
    cut_offs = cheapest(probability, costs, 0)

    assert abs(cut_offs.decline - 12 / 52) < 0.005  # within the grid of candidates
    assert cut_offs.review == cut_offs.decline
