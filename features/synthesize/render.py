"""Render arrays as the delivered text, column by column and never row by row."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.synthesize import currencies, identifiers, kinds
from features.synthesize.calendar import DAY_MS, Span
from features.synthesize.customers import BINS_PER_COUNTRY, SEGMENTS
from features.synthesize.feed_shapes import TRANSACTIONS
from features.synthesize.merchants import CATEGORIES, TRANSACTION_TYPES
from features.synthesize.randomness import F64, I64, Stream, generator
from features.synthesize.rows import CHANNELS, Rows, Scenario
from features.synthesize.world import World

_HIGH_VALUE_USD = 1_000.0
_FOREIGN_CURRENCY = 0.04  # share of online transactions in dollars
_NO_MERCHANT_SCORE = 0.03
# digits of the time of day: column in the text, milliseconds per unit, number of values
_CLOCK_DIGITS = (
    (11, 36_000_000, 10), (12, 3_600_000, 10), (14, 600_000, 6), (15, 60_000, 10),
    (17, 10_000, 6), (18, 1_000, 10), (20, 100, 10), (21, 10, 10), (22, 1, 10),
)  # fmt: skip
_THOUSANDTHS = tuple(f"{value / 1000:.3f}" for value in range(1001))
_LOCATION_ALERT, _FALSE_ALERT = 0.7, 0.004
# share of rows with an alert of the issuer, by `Scenario`
_DEVICE_ALERTS = np.array([0.0, 0.35, 0.0, 0.5, 0.3])
_VELOCITY_ALERTS = np.array([0.0, 0.02, 0.0, 0.1, 0.5])


def transactions(world: World, span: Span, rows: Rows, ids: pa.Array) -> pa.Table:
    """Return the feed's columns for rows ordered by time."""
    people, shops = world.customers, world.merchants
    rng = generator(world.plan.seed, Stream.ATTRIBUTES, span.key)
    category = shops.category[rows.merchant]
    currency = _currency(world, rows, rng)
    no_score = rng.random(len(rows)) < _NO_MERCHANT_SCORE
    card_risk = np.clip(rng.normal(250 + 60 * (rows.scenario > 0), 120), 0, 1000).astype(np.int64)
    location = rows.abroad & (rng.random(len(rows)) < _LOCATION_ALERT)
    columns = {
        "customer_id": identifiers.customer_ids(rows.customer),
        "transaction_id": ids,
        "amount": amounts(currencies.minor_units(rows.usd, currency), currency),
        "currency": _lookup(currencies.CODES, currency),
        "type": _lookup(("0", "1", "2", "3"), TRANSACTION_TYPES[category]),
        "merchant_id": identifiers.merchant_ids(len(shops.category)).take(pa.array(rows.merchant)),
        "card_bin": _card_bins(world, rows),
        "ip_address": identifiers.ip_addresses(rows.address),
        "device_id": identifiers.device_ids(rows.device),
        "location": _lookup(world.places.codes, rows.place),
        "channel": _lookup(CHANNELS, rows.channel),
        "timestamp": instants(rows.at),
        "merchant_risk_score": _thousandths(shops.risk[rows.merchant], no_score),
        "card_risk_score": _thousandths(card_risk),
        "customer_risk_score": _thousandths(people.risk[rows.customer]),
        "is_velocity_alert": _alert(rows, _VELOCITY_ALERTS, rng),
        "is_location_alert": _truth(location),
        "is_device_alert": _alert(rows, _DEVICE_ALERTS, rng),
        "customer_segments": _lookup(SEGMENTS, people.segment[rows.customer]),
        "transaction_category": _lookup(CATEGORIES, category),
        "is_high_value": _truth(rows.usd >= _HIGH_VALUE_USD),
        "kind": _lookup(kinds.NAMES, rows.kind),
    }
    return pa.table(columns, schema=TRANSACTIONS.schema)


def amounts(minor: I64, currency: I64) -> pa.Array:
    """Render minor units as decimals with the number of digits of each currency."""
    exponent = currencies.EXPONENTS[currency]
    text = pc.cast(_decimal(minor, 2), pa.string())
    for digits in (0, 3):
        chosen = exponent == digits
        if chosen.any():
            others = pc.cast(_decimal(minor[chosen], digits), pa.string())
            text = pc.replace_with_mask(text, pa.array(chosen), others)
    return text


def instants(at: I64) -> pa.Array:
    """Render epoch milliseconds as ISO 8601 in UTC, twenty times as fast as Arrow's cast."""
    days, day_index = np.unique(at // DAY_MS, return_inverse=True)
    dates = np.datetime_as_string(days.astype("datetime64[D]")).astype("S10")
    text = np.empty((len(at), 24), np.uint8)
    text[:] = np.frombuffer(b"0000-00-00T00:00:00.000Z", np.uint8)
    text[:, :10] = dates.view(np.uint8).reshape(-1, 10)[day_index]
    rest = (at % DAY_MS).astype(np.int32)
    for column, unit, base in _CLOCK_DIGITS:
        text[:, column] += (rest // unit % base).astype(np.uint8)
    return identifiers.fixed_width(text)


def scenarios(rows: Rows) -> pa.Array:
    """Return the name of each row's scenario."""
    names = tuple(scenario.name.lower() for scenario in Scenario)
    return _lookup(names, rows.scenario)


def _decimal(minor: I64, digits: int) -> pa.Array:
    """Convert 64-bit integers to decimals without floats."""
    wide = np.zeros((len(minor), 2), np.int64)
    wide[:, 0] = minor
    buffer = pa.py_buffer(wide)
    return pa.Array.from_buffers(pa.decimal128(20, digits), len(minor), [None, buffer])


def _currency(world: World, rows: Rows, rng: np.random.Generator) -> I64:
    """Return the currency of each row: the shop's, and online the buyer's or dollars.

    A merchant that delivers its sales charges the currency of the sale.
    """
    home = world.places.currencies[world.customers.home[rows.customer]]
    local = world.places.currencies[rows.place]
    is_online = world.merchants.place[rows.merchant] == world.merchants.online
    in_dollars = rng.random(len(rows)) < _FOREIGN_CURRENCY
    online = np.where(in_dollars, currencies.INDEX[currencies.BASE], home)
    is_seller = rows.merchant >= world.merchants.sellers.start
    usual = np.where(is_online, online, local)
    return np.where(is_seller, currencies.INDEX[currencies.BASE], usual)


def _card_bins(world: World, rows: Rows) -> pa.Array:
    count = (int(world.places.countries.max()) + 1) * BINS_PER_COUNTRY
    bins = identifiers.card_bins(count)
    return bins.take(pa.array(world.customers.card_bin[rows.customer]))


def _alert(rows: Rows, by_scenario: F64, rng: np.random.Generator) -> pa.Array:
    return _truth(rng.random(len(rows)) < by_scenario[rows.scenario] + _FALSE_ALERT)


def _truth(values: NDArray[np.bool_]) -> pa.Array:
    return _lookup(("false", "true"), values.astype(np.int8))


def _thousandths(values: I64, missing: NDArray[np.bool_] | None = None) -> pa.Array:
    index = pa.array(values.astype(np.int32), mask=missing)
    return _strings(_THOUSANDTHS).take(index)


def _lookup(names: tuple[str, ...], index: NDArray[np.integer]) -> pa.Array:
    return _strings(names).take(pa.array(index))


@cache
def _strings(names: tuple[str, ...]) -> pa.Array:
    return pa.array(names, pa.string())
