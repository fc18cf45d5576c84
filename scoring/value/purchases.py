"""Models how often a customer buys, and when the customer stops: BG/NBD and MBG/NBD. Pure.

While active, a customer buys at random with an own rate; after a purchase, the customer stops with
an own probability. Rates follow a gamma distribution (r, alpha), probabilities a beta distribution
(a, b). BG/NBD (Fader, Hardie and Lee 2005) lets a customer stop after a repeat purchase only, so a
customer with one purchase is active for certain. MBG/NBD (Batislam, Denizel and Filiztekin 2007)
lets a customer stop after the first purchase too.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln, psi, roots_jacobi

from features.platform.arrays import Flags, Floats

#: Of the sum over the beta posterior: the error is below 1e-8 for customers older than ten days.
NODES = 32
#: The logarithms of r, alpha, a and b that a fit considers. Beyond those of a and b all customers
#: stop alike, and the weights of a sum over up to 500 purchases would overflow.
BOUNDS = ((-8.0, 10.0), (-8.0, 10.0), (-6.0, 6.0), (-6.0, 6.0))
#: A fit ends where no derivative of the mean log-likelihood exceeds this.
TOLERANCE = 1e-9
#: Customers that stop after fewer of their purchases, on average, do not show in the purchases.
LEAST_STOPS = 0.001


class Variant(StrEnum):
    """The moment from which on a customer may stop."""

    BG_NBD = "bg_nbd"  # after the first repeat purchase
    MBG_NBD = "mbg_nbd"  # after the first purchase


@dataclass(frozen=True, slots=True)
class Histories:
    """The purchases of n customers, in one unit of time.

    Attributes:
        repeats: [n] the purchases after the first one.
        recency: [n] the time from the first to the last purchase, 0 without a repeat purchase.
        age: [n] the time from the first purchase to now, at least `recency`.
    """

    repeats: Floats
    recency: Floats
    age: Floats

    def __len__(self) -> int:
        return len(self.repeats)


@dataclass(frozen=True, slots=True)
class PurchaseModel:
    """The four parameters of a merchant's customers; `alpha` has the unit of time."""

    variant: Variant
    r: float
    alpha: float
    a: float
    b: float

    @property
    def parameters(self) -> tuple[float, ...]:
        """Return r, alpha, a and b."""
        return tuple(astuple(self)[1:])

    @property
    def shows_dropout(self) -> bool:
        """Whether the purchases divide customers that have stopped from customers that are silent.

        Otherwise `active` is near 1 for each customer.
        """
        return self.a / (self.a + self.b) >= LEAST_STOPS

    def log_likelihood(self, histories: Histories) -> Floats:
        """Return the log-likelihood of each history: [n]."""
        active, stopped = self._log_parts(histories)
        return np.logaddexp(active, stopped) + self._log_count(histories)

    def gradient(self, histories: Histories) -> Floats:
        """Return the derivatives of each log-likelihood by r, alpha, a and b: [n, 4]."""
        x, r, alpha, a, b = histories.repeats, self.r, self.alpha, self.a, self.b
        active, stopped = self._log_parts(histories)
        is_stopped = expit(stopped - active)
        until_now, until_last = alpha + histories.age, alpha + histories.recency
        spent = np.log(until_now) * (1 - is_stopped) + np.log(until_last) * is_stopped
        per_time = (1 - is_stopped) / until_now + is_stopped / until_last
        chances = self._chances(x)
        both = psi(a + b) - psi(a + b + chances)
        survived = psi(b + chances) - psi(b)
        # psi(b + n - 1) = psi(b + n) - 1 / (b + n - 1); without a chance the weight is 0
        lost = is_stopped / np.where(self._may_stop(x), b + chances - 1, 1.0)
        return np.column_stack(
            [
                psi(r + x) - psi(r) + np.log(alpha) - spent,
                r / alpha - (r + x) * per_time,
                both + is_stopped / a,
                both + survived - lost,
            ]
        )

    def active(self, histories: Histories) -> Floats:
        """Return the probability that each customer is still active: [n] in [0, 1]."""
        active, stopped = self._log_parts(histories)
        probability: Floats = expit(active - stopped)
        return probability

    def expected(self, histories: Histories, horizon: float) -> Floats:
        """Return the expected purchases of each customer within a time from now on: [n].

        An active customer with rate l and probability p buys (1 - exp(-l p t)) / p times within t.
        The mean over the gamma posterior of l is exact, and over the beta posterior of p it is a
        Gauss-Jacobi sum. The published hypergeometric form has a pole at a = 1 and overflows.
        """
        expected = np.empty(len(histories))
        shares = horizon / (self.alpha + histories.age)
        for repeats in np.unique(histories.repeats):
            rows = histories.repeats == repeats
            chances = float(self._chances(np.array([repeats]))[0])
            nodes, weights = _beta_nodes(self.a, self.b + chances)
            shape = self.r + repeats
            grown = np.log1p(np.multiply.outer(shares[rows], nodes))
            expected[rows] = (-np.expm1(-shape * grown) / nodes * weights).sum(axis=1)
        return expected * self.active(histories)

    def _log_count(self, histories: Histories) -> Floats:
        counted: Floats = (
            gammaln(self.r + histories.repeats) - gammaln(self.r) + self.r * np.log(self.alpha)
        )
        return counted

    def _log_parts(self, histories: Histories) -> tuple[Floats, Floats]:
        """Return the log-likelihoods of an active and of a stopped customer, less a common term."""
        x, chances = histories.repeats, self._chances(histories.repeats)
        prior = betaln(self.a, self.b)
        active = (
            betaln(self.a, self.b + chances)
            - prior
            - (self.r + x) * np.log(self.alpha + histories.age)
        )
        may_stop = self._may_stop(x)
        tried = np.where(may_stop, chances, 1.0)
        stopped = (
            betaln(self.a + 1, self.b + tried - 1)
            - prior
            - (self.r + x) * np.log(self.alpha + histories.recency)
        )
        return active, np.where(may_stop, stopped, -np.inf)

    def _chances(self, repeats: Floats) -> Floats:
        """Return the number of purchases after which the customer could have stopped: [n]."""
        return repeats + 1.0 if self.variant is Variant.MBG_NBD else repeats

    def _may_stop(self, repeats: Floats) -> Flags:
        return self._chances(repeats) > 0


def fit(histories: Histories, variant: Variant) -> PurchaseModel:
    """Return the parameters of the greatest likelihood.

    The start and the optimiser are deterministic, so the same histories give the same bits.

    Args:
        histories: [n] of the customers of a merchant.
        variant: the model.

    Raises:
        ValueError: there is no customer, or no customer has a repeat purchase.
    """
    if not len(histories) or not histories.repeats.any():
        raise ValueError(
            f"none of {len(histories)} customers has a repeat purchase: the rate of purchases is "
            "unknown; fit on a longer history"
        )
    unit = float(histories.age.mean()) or 1.0

    def loss(logs: Floats) -> tuple[float, Floats]:
        model = PurchaseModel(variant, *np.exp(logs).tolist())
        slopes = model.gradient(scaled).mean(axis=0) * np.exp(logs)
        return -float(model.log_likelihood(scaled).mean()), -slopes

    # in units of the mean age, the start fits a history in days as well as one in weeks
    scaled = Histories(histories.repeats, histories.recency / unit, histories.age / unit)
    best = minimize(
        loss,
        np.log([0.5, 0.5, 1.0, 2.0]),
        jac=True,
        method="L-BFGS-B",
        bounds=BOUNDS,
        options={"gtol": TOLERANCE, "ftol": 1e-15, "maxiter": 1000},
    )
    r, alpha, a, b = np.exp(best.x).tolist()
    return PurchaseModel(variant, r, alpha * unit, a, b)


@lru_cache(maxsize=4096)
def _beta_nodes(a: float, b: float) -> tuple[Floats, Floats]:
    """Return the nodes and the weights of a mean over a beta distribution: [NODES] each."""
    nodes, weights = roots_jacobi(NODES, b - 1, a - 1)
    return (nodes + 1) / 2, weights / weights.sum()
