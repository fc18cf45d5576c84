"""Fit the models of a night on the month ends of its history, as the weekly training does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import psycopg

from features.platform.settings import get_settings
from features.views import CUSTOMER_NIGHTS, DEMAND

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def fitted(kind: str) -> dict[str, Any]:
    """Read the month ends of the warehouse and fit; return the models by role.

    Args:
        kind: of the night.
    """
    now = datetime.now(UTC)
    with psycopg.connect(get_settings().warehouse.conninfo("score")) as connection:
        return {"customers": _customers, "demand": _demand}[kind](connection, now)


def _demand(connection: psycopg.Connection[Any], now: datetime) -> dict[str, Any]:
    from scoring.demand import fitting, training_set

    learnt_from = training_set.read(connection, DEMAND, start=_BEGINNING, end=now, as_of=now)
    return {"demand": fitting.fit(learnt_from.rows)}


def _customers(connection: psycopg.Connection[Any], now: datetime) -> dict[str, Any]:
    from scoring.segments.fitting import fit_all
    from scoring.segments.points import FEATURES
    from scoring.value import training_set
    from scoring.value.model import CustomerValueModel

    rows = training_set.read(connection, CUSTOMER_NIGHTS, start=_BEGINNING, end=now, as_of=now)
    newest = rows.newest()
    names = list(rows.features)
    places = [names.index(name) for name in FEATURES]
    by_merchant = {
        merchant: newest.of_merchant(merchant).matrix[:, places] for merchant in newest.merchants
    }
    segments, _ = fit_all(by_merchant, str(np.datetime64(int(newest.day[0]), "D")), resamples=2)
    used = [
        name
        for place, name in enumerate(names)
        if len(np.unique(rows.matrix[~np.isnan(rows.matrix[:, place]), place])) > 1
    ]
    value = CustomerValueModel(used).fit(rows.select(used), {})
    return {"segments": segments, "value": value}
