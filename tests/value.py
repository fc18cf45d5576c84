"""Draw customers from the models of value, for tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from features.platform.arrays import Floats
from scoring.value.amounts import ValueModel, Values
from scoring.value.purchases import Histories, PurchaseModel, Variant
from scoring.value.rows import HISTORY, HORIZONS, TrainingSet


def drawn_histories(model: PurchaseModel, age: Floats, seed: int) -> Histories:
    """Return the purchases of customers who follow a model, each with an age."""
    draw = np.random.default_rng(seed)
    customers = len(age)
    rate = draw.gamma(model.r, 1 / model.alpha, customers)
    stops = draw.beta(model.a, model.b, customers)
    moment, repeats, last = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    is_active = (model.variant is Variant.BG_NBD) | (draw.random(customers) >= stops)
    while is_active.any():
        moment = moment + draw.exponential(1 / np.maximum(rate, 1e-300))
        buys = is_active & (moment <= age)
        repeats += buys
        last = np.where(buys, moment, last)
        is_active = buys & (draw.random(customers) >= stops)
    return Histories(repeats, last, age)


def drawn_values(model: ValueModel, purchases: Floats, seed: int) -> Values:
    """Return the mean values of customers who follow a model, each with some purchases."""
    draw = np.random.default_rng(seed)
    rate = draw.gamma(model.q, 1 / model.gamma, len(purchases))
    counted = np.maximum(purchases, 1)
    mean = draw.gamma(model.p * counted) / (rate * counted)
    return Values(purchases, np.where(purchases > 0, mean, 0.0))


#: Days on which the snapshots of `snapshots` end; purchases are known until `LAST_DAY`.
SNAPSHOT_DAYS = (120, 150, 180, 210, 240, 270, 300, 330)
LAST_DAY = 360
FEATURES = (*HISTORY, "purchase_days_30d", "recency_days")


def random_purchases(customers: int, seed: int, *, may_stop: bool = True) -> Floats:
    """Return the value of each day's purchase of customers who follow the models: [n, days].

    The customers begin in the first 100 days.
    """
    draw = np.random.default_rng(seed)
    spent = np.zeros((customers, LAST_DAY + 1))
    rate, stops = draw.gamma(1.2, 1 / 20.0, customers), draw.beta(0.8, 3.0, customers) * may_stop
    level = draw.gamma(4.0, 1 / 15.0, customers)
    moment = draw.integers(0, 100, customers).astype(float)
    is_active = np.ones(customers, dtype=bool)
    while is_active.any():
        rows = np.flatnonzero(is_active)
        spent[rows, moment[rows].astype(int)] = draw.gamma(6.0, 1 / level[rows])
        moment = moment + draw.exponential(1 / rate)
        is_active &= (draw.random(customers) >= stops) & (moment < LAST_DAY + 1)
    return spent


def regular_purchases(customers: int, seed: int) -> Floats:
    """Return the purchases of subscribers, who buy every 30 days and stop one day: [n, days]."""
    draw = np.random.default_rng(seed)
    days = np.arange(LAST_DAY + 1)
    begins = draw.integers(0, 100, customers)[:, None]
    ends = begins + 30 * draw.geometric(0.1, customers)[:, None]
    buys = (days >= begins) & (days < ends) & ((days - begins) % 30 == 0)
    return buys * draw.gamma(20.0, 1.0, (customers, 1))


def snapshots(spent: Floats, merchant: str) -> TrainingSet:
    """Return the snapshots of a merchant's customers; `spent` is [customers, days]."""
    parts = [_snapshot(spent, merchant, day) for day in SNAPSHOT_DAYS]
    return joined(parts)


def joined(parts: Sequence[TrainingSet]) -> TrainingSet:
    """Return the rows of several training sets in order of day."""
    merged = TrainingSet(
        parts[0].features,
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("matrix", "merchant", "customer", "day", "targets")
        ),
    )
    return merged.take(np.argsort(merged.day, kind="stable"))


def _snapshot(spent: Floats, merchant: str, day: int) -> TrainingSet:
    known, days = spent[:, : day + 1], np.arange(day + 1)
    buys = known > 0
    rows = np.flatnonzero(buys.any(axis=1))
    known, buys = known[rows], buys[rows]
    first, last = buys.argmax(axis=1), day - buys[:, ::-1].argmax(axis=1)
    repeats = buys.sum(axis=1) - 1.0
    later = known.sum(axis=1) - known[np.arange(len(rows)), first]
    value = np.where(repeats > 0, later / np.maximum(repeats, 1), np.nan)
    recent = (buys & (days > day - 30)).sum(axis=1)
    matrix = np.column_stack([repeats, last - first, day - first, value, recent, day - last])
    horizons = [spent[rows, day + 1 : day + 1 + span] for span in HORIZONS]
    counts = [(part > 0).sum(axis=1).astype(float) for part in horizons]
    targets = np.column_stack([*counts, *(part.sum(axis=1) for part in horizons)])
    ends = day + np.array([*HORIZONS, *HORIZONS])
    targets[:, ends > LAST_DAY] = np.nan
    return TrainingSet(
        FEATURES,
        matrix.astype(float),
        np.full(len(rows), merchant, dtype=object),
        np.array([f"{merchant}-{row}" for row in rows], dtype=object),
        np.full(len(rows), day),
        targets,
    )
