"""Draw the backtest of a model of demand for the registry: the losses of all candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scoring.demand import model_card
from scoring.demand.candidates import BASELINES
from scoring.demand.model_card import MEASURES
from scoring.models import curves

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from scoring.demand.model import DemandModel

#: Losses are drawn as shares of the baseline, up to this one.
_MOST = 2.0


def draw(model: DemandModel) -> dict[str, Figure]:
    """Return a figure of each column, by file name; none without a backtest."""
    if not model.table:
        return {}
    return {f"backtest_{column}.png": _losses(model, column) for column in MEASURES}


def _losses(model: DemandModel, column: str) -> Figure:
    """Draw the loss of each candidate over that of the baseline, one mark per class."""
    lines = [each for each in model.table if each.column == column]
    names = list(dict.fromkeys(each.candidate for each in lines))
    figure, axes = curves.axes(
        f"Backtest of the {column}", f"{MEASURES[column]}, over that of {BASELINES[column]}", ""
    )
    for label in dict.fromkeys(each.demand_class for each in lines):
        base = model_card.line(model, label, column, BASELINES[column])
        of_class = [each for each in lines if each.demand_class == label]
        if base is None or base.loss <= 0:
            continue
        shares = np.minimum([each.loss / base.loss for each in of_class], _MOST)
        places = [names.index(each.candidate) for each in of_class]
        serves = np.array([each.is_chosen for each in of_class])
        (drawn,) = axes.plot(shares, places, "o", fillstyle="none", label=label)
        axes.plot(shares[serves], np.array(places)[serves], "o", color=drawn.get_color())
    axes.set_yticks(range(len(names)), names, fontsize="small")
    axes.axvline(1.0, linestyle="--", color="grey")
    axes.legend(loc="lower right", fontsize="small", title="filled: serves")
    return figure
