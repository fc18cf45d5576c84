"""Fit the model of demand: a backtest on earlier nights chooses, then all nights teach. Pure."""

from __future__ import annotations

import numpy as np

from features.platform.errors import TooFewLabelsError
from scoring.demand import backtest
from scoring.demand.backtest import MOST_ORIGINS
from scoring.demand.model import DemandModel
from scoring.demand.rows import Rows

#: Known cells below which a fit is refused.
FEWEST_CELLS = 100


def fit(rows: Rows, period: int = 1, origins: int = MOST_ORIGINS) -> DemandModel:
    """Return the model of all rows.

    Args:
        rows: series-nights with the units that followed.
        period: days of a period.
        origins: the most nights of the backtest.

    Raises:
        TooFewLabelsError: the nights have too few days behind them.
    """
    if (known := np.count_nonzero(~np.isnan(rows.units))) < FEWEST_CELLS:
        raise TooFewLabelsError(
            f"{known} days after the nights are known, and a forecast needs {FEWEST_CELLS}: "
            "deliver more history, or train later"
        )
    nights = backtest.days(rows, period, origins)
    choice = backtest.choose(list(backtest.origins(rows, nights, period)))
    return DemandModel(steps=rows.steps, period=period).fit(rows, choice)
