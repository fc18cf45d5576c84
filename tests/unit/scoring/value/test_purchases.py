"""The purchase models recover their parameters and agree with the published formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import hyp2f1
from scipy.stats import beta

from scoring.value.purchases import Histories, PurchaseModel, Variant, fit
from tests.value import drawn_histories

BOTH = pytest.mark.parametrize("variant", list(Variant))
#: The parameters that Fader, Hardie and Lee (2005) publish for CDNOW, in weeks.
CDNOW = (0.243, 4.414, 0.793, 2.426)


def history(repeats: float, recency: float, age: float) -> Histories:
    return Histories(np.array([repeats]), np.array([recency]), np.array([age]))


@BOTH
def test_a_fit_recovers_the_parameters_of_drawn_customers_within_5_percent(
    variant: Variant,
) -> None:
    model = PurchaseModel(variant, 1.2, 20.0, 0.8, 3.0)
    ages = np.random.default_rng(9).uniform(100, 400, 50_000)

    fitted = fit(drawn_histories(model, ages, 1), variant)

    np.testing.assert_allclose(fitted.parameters, model.parameters, rtol=0.05)


@BOTH
def test_the_same_histories_give_the_same_bits_in_any_unit_of_time(variant: Variant) -> None:
    model = PurchaseModel(variant, 1.2, 20.0, 0.8, 3.0)
    days = drawn_histories(model, np.full(2_000, 280.0), 1)
    weeks = Histories(days.repeats, days.recency / 7, days.age / 7)

    fitted = fit(days, variant)

    assert fit(days, variant) == fitted
    in_days = np.array(fit(weeks, variant).parameters) * (1, 7, 1, 1)
    np.testing.assert_allclose(in_days, fitted.parameters, rtol=1e-4)


def test_a_customer_of_the_published_example_buys_1_2_times_in_39_weeks() -> None:
    model = PurchaseModel(Variant.BG_NBD, *CDNOW)

    assert model.expected(history(2, 30.43, 38.86), 39)[0] == pytest.approx(1.226, abs=5e-4)


@pytest.mark.parametrize(("repeats", "recency"), [(0.0, 0.0), (1.0, 3.0), (12.0, 30.0)])
def test_the_expectation_agrees_with_the_published_hypergeometric_form(
    repeats: float, recency: float
) -> None:
    model = PurchaseModel(Variant.BG_NBD, *CDNOW)
    r, alpha, a, b = CDNOW
    age, horizon = 38.0, 39.0
    rest = (alpha + age) / (alpha + age + horizon)
    series = hyp2f1(r + repeats, b + repeats, a + b + repeats - 1, 1 - rest)
    alive = (a + b + repeats - 1) / (a - 1) * (1 - rest ** (r + repeats) * series)
    customer = history(repeats, recency, age)

    expected = alive * model.active(customer)

    np.testing.assert_allclose(model.expected(customer, horizon), expected, rtol=1e-9)


@BOTH
@pytest.mark.parametrize("a", [0.05, 1.0, 40.0])
def test_the_expectation_is_the_mean_over_the_posterior_also_at_the_pole(
    variant: Variant, a: float
) -> None:
    model = PurchaseModel(variant, 0.7, 9.0, a, 1.5)
    customer = history(3, 50.0, 60.0)
    chances = 4 if variant is Variant.MBG_NBD else 3
    shares = beta(a, 1.5 + chances)

    def purchases(level: float) -> float:
        stops = shares.ppf(level)
        return float(-np.expm1(-3.7 * np.log1p(stops * 90 / 69.0)) / stops)

    mean, _ = quad(purchases, 0, 1, limit=200)

    expected = mean * model.active(customer)
    np.testing.assert_allclose(model.expected(customer, 90.0), expected, rtol=1e-6)


@BOTH
def test_the_derivatives_are_those_of_the_likelihood(variant: Variant) -> None:
    customers = Histories(
        np.array([0.0, 1.0, 7.0]), np.array([0.0, 4.0, 30.0]), np.array([9.0, 20.0, 31.0])
    )
    model = PurchaseModel(variant, *CDNOW)
    step = 1e-6

    numeric = []
    for position in range(4):
        ends = [list(CDNOW), list(CDNOW)]
        ends[0][position] -= step
        ends[1][position] += step
        low, high = (PurchaseModel(variant, *end).log_likelihood(customers) for end in ends)
        numeric.append((high - low) / (2 * step))

    np.testing.assert_allclose(model.gradient(customers), np.array(numeric).T, atol=1e-6)


def test_one_purchase_leaves_a_customer_active_for_certain_under_bg_nbd_alone() -> None:
    silent = history(0, 0.0, 300.0)

    probabilities = [PurchaseModel(variant, *CDNOW).active(silent)[0] for variant in Variant]

    assert probabilities[0] == 1.0
    assert 0.0 < probabilities[1] < 0.6


def test_the_rate_of_customers_without_repeat_purchases_is_unknown() -> None:
    with pytest.raises(ValueError, match="none of 1 customers has a repeat purchase"):
        fit(history(0, 0.0, 30.0), Variant.MBG_NBD)
