"""Gamma-gamma recovers its parameters and prints the correlation that it assumes away."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.value.amounts import ValueModel, Values, correlation, fit
from tests.value import drawn_values

MODEL = ValueModel(6.0, 4.0, 15.0)


def purchases_of(customers: int) -> np.ndarray:
    return np.random.default_rng(5).poisson(4.0, customers).astype(float)


def test_a_fit_recovers_the_parameters_of_drawn_customers_within_5_percent() -> None:
    values = drawn_values(MODEL, purchases_of(40_000), 2)

    fitted = fit(values)

    np.testing.assert_allclose(fitted.parameters, MODEL.parameters, rtol=0.05)
    assert fit(values) == fitted


def test_the_derivatives_are_those_of_the_likelihood() -> None:
    values = Values(np.array([1.0, 3.0, 20.0]), np.array([2.0, 9.0, 4.0]))
    step = 1e-6

    numeric = []
    for position in range(3):
        ends = [list(MODEL.parameters), list(MODEL.parameters)]
        ends[0][position] -= step
        ends[1][position] += step
        low, high = (ValueModel(*end).log_likelihood(values) for end in ends)
        numeric.append((high - low) / (2 * step))

    np.testing.assert_allclose(MODEL.gradient(values), np.array(numeric).T, atol=1e-6)


def test_a_customer_without_counted_purchases_gets_the_mean_of_all_customers() -> None:
    values = Values(np.zeros(1), np.array([np.nan]))

    assert MODEL.expected(values) == pytest.approx([6.0 * 15.0 / 3.0])


def test_the_correlation_of_independent_values_is_near_0_and_of_dependent_ones_is_found() -> None:
    values = drawn_values(MODEL, purchases_of(4_000), 3)
    dependent = Values(values.purchases, values.mean * (1 + values.purchases))

    independent, found = correlation(values), correlation(dependent)

    assert independent is not None
    assert independent.p_value > 0.01
    assert found is not None
    assert found.value > 0.3
    assert found.p_value < 1e-6


def test_the_correlation_of_numbers_that_do_not_vary_is_unknown() -> None:
    assert correlation(Values(np.ones(5), np.arange(1.0, 6.0))) is None


def test_values_without_a_counted_purchase_fit_nothing() -> None:
    with pytest.raises(ValueError, match="none of 2 customers has a counted purchase"):
        fit(Values(np.zeros(2), np.ones(2)))
