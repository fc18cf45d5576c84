"""Provide the currencies of the synthetic world, with daily rates against USD.

The exponents come from `features.platform.currencies`, the only table of ISO 4217.
"""

from __future__ import annotations

import numpy as np

from features.platform.currencies import exponent
from features.synthesize.randomness import F64, I64, Stream, generator

BASE = "USD"

# USD per unit, around which the daily rate of each currency moves
_USD_PER_UNIT: dict[str, float] = {
    "AED": 0.2723, "ARS": 0.00095, "AUD": 0.655, "BDT": 0.0083, "BHD": 2.6525, "BRL": 0.182,
    "CAD": 0.728, "CHF": 1.13, "CLP": 0.00106, "CNY": 0.139, "COP": 0.00024, "CRC": 0.00196,
    "CZK": 0.0431, "DKK": 0.146, "DOP": 0.0166, "EGP": 0.0203, "EUR": 1.087, "GBP": 1.27,
    "GHS": 0.066, "HKD": 0.128, "HUF": 0.00275, "IDR": 0.0000624, "ILS": 0.271, "INR": 0.0118,
    "ISK": 0.0073, "JOD": 1.4104, "JPY": 0.00667, "KES": 0.00774, "KRW": 0.000725, "KWD": 3.255,
    "KZT": 0.0021, "LKR": 0.0033, "MAD": 0.101, "MXN": 0.0522, "MYR": 0.226, "NGN": 0.00063,
    "NOK": 0.0935, "NPR": 0.0074, "NZD": 0.598, "OMR": 2.6008, "PEN": 0.267, "PHP": 0.0174,
    "PKR": 0.0036, "PLN": 0.253, "QAR": 0.2747, "RON": 0.2185, "RSD": 0.0093, "SAR": 0.2666,
    "SEK": 0.0955, "SGD": 0.747, "THB": 0.0287, "TND": 0.322, "TRY": 0.0291, "TWD": 0.0312,
    "UAH": 0.0243, "USD": 1.0, "UYU": 0.0249, "VND": 0.0000394, "ZAR": 0.0547,
}  # fmt: skip

CODES: tuple[str, ...] = tuple(_USD_PER_UNIT)
EXPONENTS: I64 = np.array([exponent(code) for code in CODES], np.int64)
USD_PER_UNIT: F64 = np.array([*_USD_PER_UNIT.values()])
INDEX: dict[str, int] = {code: index for index, code in enumerate(CODES)}


def rates_on(seed: int, day: int) -> F64:
    """Return USD per unit of every currency on a day (number of days since 1970-01-01).

    A rate is a slow wave per currency with daily noise. So each day has its rates in any order of
    calls.
    """
    waves = generator(seed, Stream.RATES).random((2, len(CODES)))
    noise = generator(seed, Stream.RATES, day).standard_normal(len(CODES))
    period = 90 + 240 * waves[0]
    drift = 0.03 * np.sin(2 * np.pi * (day / period + waves[1])) + 0.003 * noise
    rates: F64 = USD_PER_UNIT * np.exp(drift)
    rates[INDEX[BASE]] = 1.0
    return rates


def minor_units(usd: F64, currency: I64) -> I64:
    """Convert USD to minor units of each row's currency: at least one unit, and 0 for nothing."""
    minor = usd / USD_PER_UNIT[currency] * 10.0 ** EXPONENTS[currency]
    return np.where(usd > 0, np.maximum(np.rint(minor), 1), 0).astype(np.int64)
