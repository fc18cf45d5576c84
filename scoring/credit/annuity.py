"""Computes the shares of an annuity: the monthly instalment and the expected exposure. Pure."""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Floats

MONTHS = 12


def payment_share(term_months: Floats, annual_rate: float) -> Floats:
    """Return the monthly instalment as a share of the amount: r / (1 - (1 + r)^-n).

    Args:
        term_months: [n], above 0; NaN gives NaN.
        annual_rate: nominal rate a year as a fraction, at least 0.001; each month charges a
            twelfth of it.
    """
    rate = annual_rate / MONTHS
    return np.asarray(rate / -np.expm1(-term_months * np.log1p(rate)))


def exposure_share(term_months: Floats, annual_rate: float) -> Floats:
    """Return the expected exposure at default as a share of the amount.

    A default is equally likely before each of the n instalments. So the exposure is the mean
    balance before them: 1 / (1 - (1 + r)^-n) - 1 / (n r).

    Args:
        term_months: [n], above 0; NaN gives NaN.
        annual_rate: as for `payment_share`.
    """
    rate = annual_rate / MONTHS
    return np.asarray((payment_share(term_months, annual_rate) - 1.0 / term_months) / rate)
