"""Draw customers from the models of value, for tests."""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Floats
from scoring.value.amounts import ValueModel, Values
from scoring.value.purchases import Histories, PurchaseModel, Variant


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
