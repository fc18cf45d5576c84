"""Models how much a customer spends on a purchase: gamma-gamma. Pure.

The values of a customer's purchases follow a gamma distribution of shape p, whose scale differs
between customers and follows a gamma distribution (q, gamma) itself (Fader and Hardie 2013). The
model assumes that the value does not depend on the frequency; `correlation` tests the assumption.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln, psi
from scipy.stats import pearsonr

from features.platform.arrays import Floats

#: The logarithms of the parameters p, q - LEAST_Q and gamma that a fit considers.
BOUNDS = (-8.0, 10.0)
#: The mean over all customers exists for q above 1 only, and is near its pole useless.
LEAST_Q = 1.1
#: A fit ends where no derivative of the mean log-likelihood exceeds this.
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Values:
    """The values of the purchases of n customers.

    Attributes:
        purchases: [n] their number.
        mean: [n] their mean, above 0; a customer without a counted purchase has any number.
    """

    purchases: Floats
    mean: Floats

    def __len__(self) -> int:
        return len(self.purchases)

    def counted(self) -> Values:
        """Return the customers with a counted purchase."""
        is_counted = (self.purchases > 0) & (self.mean > 0)
        return Values(self.purchases[is_counted], self.mean[is_counted])


@dataclass(frozen=True, slots=True)
class Correlation:
    """The correlation of the number and the mean value of purchases.

    Attributes:
        value: Pearson's coefficient.
        p_value: the probability of such a coefficient among independent numbers.
        customers: their number.
    """

    value: float
    p_value: float
    customers: int


@dataclass(frozen=True, slots=True)
class ValueModel:
    """The three parameters of a merchant's customers; `gamma` has the unit of the amounts."""

    p: float
    q: float
    gamma: float

    @property
    def parameters(self) -> tuple[float, ...]:
        """Return p, q and gamma."""
        return self.p, self.q, self.gamma

    def log_likelihood(self, values: Values) -> Floats:
        """Return the log-likelihood of each mean value: [n]."""
        shape = self.p * values.purchases
        total = values.purchases * values.mean
        likelihood: Floats = (
            gammaln(shape + self.q)
            - gammaln(shape)
            - gammaln(self.q)
            + self.q * np.log(self.gamma)
            + shape * np.log(total)
            - np.log(values.mean)
            - (shape + self.q) * np.log(self.gamma + total)
        )
        return likelihood

    def gradient(self, values: Values) -> Floats:
        """Return the derivatives of each log-likelihood by p, q and gamma: [n, 3]."""
        shape = self.p * values.purchases
        total = values.purchases * values.mean
        level = np.log(self.gamma + total)
        both = psi(shape + self.q)
        return np.column_stack(
            [
                values.purchases * (both - psi(shape) + np.log(total) - level),
                both - psi(self.q) + np.log(self.gamma) - level,
                self.q / self.gamma - (shape + self.q) / (self.gamma + total),
            ]
        )

    def expected(self, values: Values) -> Floats:
        """Return the expected value of the next purchase of each customer: [n].

        It lies between the customer's own mean and the mean of all customers, which a customer
        without a counted purchase gets.
        """
        total = np.where(values.purchases > 0, values.purchases * values.mean, 0.0)
        expected: Floats = self.p * (self.gamma + total) / (self.p * values.purchases + self.q - 1)
        return expected


def fit(values: Values) -> ValueModel:
    """Return the parameters of the greatest likelihood over customers with a counted purchase.

    The start and the optimiser are deterministic, so the same values give the same bits.

    Raises:
        ValueError: no customer has a counted purchase.
    """
    counted = values.counted()
    if not len(counted):
        raise ValueError(
            f"none of {len(values)} customers has a counted purchase with a value above 0: the "
            "value of a purchase is unknown; fit on a longer history"
        )
    unit = float(counted.mean.mean())
    scaled = Values(counted.purchases, counted.mean / unit)
    least = np.array([0.0, LEAST_Q, 0.0])

    def loss(logs: Floats) -> tuple[float, Floats]:
        model = ValueModel(*(np.exp(logs) + least).tolist())
        slopes = model.gradient(scaled).mean(axis=0) * np.exp(logs)
        return -float(model.log_likelihood(scaled).mean()), -slopes

    best = minimize(
        loss,
        np.log([2.0, 2.0, 1.0]),
        jac=True,
        method="L-BFGS-B",
        bounds=[BOUNDS] * 3,
        options={"gtol": TOLERANCE, "ftol": 1e-15, "maxiter": 1000},
    )
    p, q, gamma = (np.exp(best.x) + least).tolist()
    return ValueModel(p, q, gamma * unit)


def correlation(values: Values) -> Correlation | None:
    """Return the correlation that gamma-gamma assumes to be 0; None where numbers do not vary."""
    counted = values.counted()
    if len(counted) < 3 or not np.ptp(counted.purchases) or not np.ptp(counted.mean):
        return None
    test = pearsonr(counted.purchases, counted.mean)
    return Correlation(float(test.statistic), float(test.pvalue), len(counted))


def as_sentence(found: Correlation | None) -> str:
    """Return the correlation that gamma-gamma assumes to be 0, as a sentence."""
    if found is None:
        return "the correlation of frequency and value is unknown: the numbers do not vary"
    return (
        f"the correlation of frequency and value is {found.value:.3f} over {found.customers} "
        f"customers (p {found.p_value:.4f}); gamma-gamma assumes 0"
    )
