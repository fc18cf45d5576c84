"""Expected purchases, activity and values keep the laws of their models."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scoring.value.amounts import ValueModel, Values
from scoring.value.purchases import Histories, PurchaseModel, Variant

variants = st.sampled_from(list(Variant))
shapes = st.floats(0.01, 50.0)
models = st.builds(PurchaseModel, variants, shapes, st.floats(0.5, 200.0), shapes, shapes)
value_models = st.builds(ValueModel, shapes, st.floats(1.1, 50.0), st.floats(0.1, 500.0))
ages = st.floats(0.0, 400.0)
counts = st.integers(0, 400).map(float)
horizons = st.floats(0.0, 90.0)
SLACK = 1e-9


@st.composite
def histories(draw: st.DrawFn) -> Histories:
    """Draw the histories of some customers."""
    customers = draw(st.lists(st.tuples(counts, st.floats(0, 1), ages), min_size=1, max_size=8))
    repeats, shares, age = (np.array(column) for column in zip(*customers, strict=True))
    return Histories(repeats, np.where(repeats > 0, shares * age, 0.0), age)


@given(models, histories(), horizons)
def test_activity_is_a_probability_and_purchases_are_within_the_rate_of_an_active_customer(
    model: PurchaseModel, customers: Histories, horizon: float
) -> None:
    active = model.active(customers)
    expected = model.expected(customers, horizon)

    limit = (model.r + customers.repeats) * horizon / (model.alpha + customers.age)
    assert ((active >= 0) & (active <= 1)).all()
    assert ((expected >= 0) & (expected <= limit * active * (1 + SLACK) + SLACK)).all()


@given(models, histories(), horizons, horizons)
def test_a_longer_horizon_never_has_fewer_purchases(
    model: PurchaseModel, customers: Histories, one: float, other: float
) -> None:
    near, far = (model.expected(customers, horizon) for horizon in sorted((one, other)))

    assert (far >= near * (1 - SLACK)).all()


@given(models, ages, counts, counts, horizons)
def test_of_customers_who_buy_today_the_more_frequent_one_buys_more(
    model: PurchaseModel, age: float, one: float, other: float, horizon: float
) -> None:
    rare, frequent = sorted((one, other))
    # BG/NBD gives a first purchase no chance to be the last
    rare = max(rare, 1.0) if model.variant is Variant.BG_NBD else rare
    frequent = max(rare, frequent)
    bought = Histories(np.array([rare, frequent]), np.full(2, age), np.full(2, age))

    expected, active = model.expected(bought, horizon), model.active(bought)

    assert expected[1] >= expected[0] * (1 - SLACK)
    assert active[1] >= active[0] * (1 - SLACK)


@given(models, histories(), st.floats(0.0, 1.0))
def test_a_later_last_purchase_never_makes_a_customer_less_active(
    model: PurchaseModel, customers: Histories, share: float
) -> None:
    later = customers.recency + share * (customers.age - customers.recency)
    moved = Histories(customers.repeats, np.where(customers.repeats > 0, later, 0), customers.age)

    assert (model.active(moved) >= model.active(customers) - SLACK).all()


@given(models, histories(), horizons)
def test_the_result_for_a_customer_does_not_depend_on_the_others(
    model: PurchaseModel, customers: Histories, horizon: float
) -> None:
    together = model.expected(customers, horizon)

    alone = [
        model.expected(
            Histories(
                customers.repeats[row : row + 1],
                customers.recency[row : row + 1],
                customers.age[row : row + 1],
            ),
            horizon,
        )[0]
        for row in range(len(customers))
    ]
    assert together.tolist() == alone


@given(value_models, counts, st.floats(0.01, 10_000.0))
def test_the_expected_value_lies_between_the_own_mean_and_the_mean_of_all(
    model: ValueModel, purchases: float, mean: float
) -> None:
    of_all = model.p * model.gamma / (model.q - 1)

    [expected] = model.expected(Values(np.array([purchases]), np.array([mean])))

    assert min(mean, of_all) * (1 - SLACK) <= expected <= max(mean, of_all) * (1 + SLACK)


@given(value_models, counts, st.floats(0.01, 100.0), st.floats(1.0, 100.0))
def test_a_customer_with_a_higher_mean_never_has_a_lower_expected_value(
    model: ValueModel, purchases: float, mean: float, more: float
) -> None:
    low, high = model.expected(Values(np.full(2, purchases), np.array([mean, mean + more])))

    assert high >= low * (1 - SLACK)
