"""The currencies of the synthetic world: ISO 4217 exponents and daily rates against USD."""

from __future__ import annotations

import numpy as np

from features.synthesize.randomness import F64, I64, Stream, generator

BASE = "USD"

# code: (digits after the point, USD per unit around which the daily rate moves)
_TABLE: dict[str, tuple[int, float]] = {
    "AED": (2, 0.2723), "ARS": (2, 0.00095), "AUD": (2, 0.655), "BDT": (2, 0.0083),
    "BHD": (3, 2.6525), "BRL": (2, 0.182), "CAD": (2, 0.728), "CHF": (2, 1.13),
    "CLP": (0, 0.00106), "CNY": (2, 0.139), "COP": (2, 0.00024), "CRC": (2, 0.00196),
    "CZK": (2, 0.0431), "DKK": (2, 0.146), "DOP": (2, 0.0166), "EGP": (2, 0.0203),
    "EUR": (2, 1.087), "GBP": (2, 1.27), "GHS": (2, 0.066), "HKD": (2, 0.128),
    "HUF": (2, 0.00275), "IDR": (2, 0.0000624), "ILS": (2, 0.271), "INR": (2, 0.0118),
    "ISK": (0, 0.0073), "JOD": (3, 1.4104), "JPY": (0, 0.00667), "KES": (2, 0.00774),
    "KRW": (0, 0.000725), "KWD": (3, 3.255), "KZT": (2, 0.0021), "LKR": (2, 0.0033),
    "MAD": (2, 0.101), "MXN": (2, 0.0522), "MYR": (2, 0.226), "NGN": (2, 0.00063),
    "NOK": (2, 0.0935), "NPR": (2, 0.0074), "NZD": (2, 0.598), "OMR": (3, 2.6008),
    "PEN": (2, 0.267), "PHP": (2, 0.0174), "PKR": (2, 0.0036), "PLN": (2, 0.253),
    "QAR": (2, 0.2747), "RON": (2, 0.2185), "RSD": (2, 0.0093), "SAR": (2, 0.2666),
    "SEK": (2, 0.0955), "SGD": (2, 0.747), "THB": (2, 0.0287), "TND": (3, 0.322),
    "TRY": (2, 0.0291), "TWD": (2, 0.0312), "UAH": (2, 0.0243), "USD": (2, 1.0),
    "UYU": (2, 0.0249), "VND": (0, 0.0000394), "ZAR": (2, 0.0547),
}  # fmt: skip

CODES: tuple[str, ...] = tuple(_TABLE)
EXPONENTS: I64 = np.array([exponent for exponent, _ in _TABLE.values()], np.int64)
USD_PER_UNIT: F64 = np.array([rate for _, rate in _TABLE.values()])
INDEX: dict[str, int] = {code: index for index, code in enumerate(CODES)}


def rates_on(seed: int, day: int) -> F64:
    """Return USD per unit of every currency on a day (number of days since 1970-01-01).

    A slow wave per currency and a daily disturbance: any day can be asked for, in any order.
    """
    waves = generator(seed, Stream.RATES).random((2, len(CODES)))
    noise = generator(seed, Stream.RATES, day).standard_normal(len(CODES))
    period = 90 + 240 * waves[0]
    drift = 0.03 * np.sin(2 * np.pi * (day / period + waves[1])) + 0.003 * noise
    rates: F64 = USD_PER_UNIT * np.exp(drift)
    rates[INDEX[BASE]] = 1.0
    return rates


def minor_units(usd: F64, currency: I64) -> I64:
    """Convert USD to minor units of each row's currency, at least one unit."""
    minor = usd / USD_PER_UNIT[currency] * 10.0 ** EXPONENTS[currency]
    return np.maximum(np.rint(minor), 1).astype(np.int64)
