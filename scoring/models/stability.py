"""Measure how stable the scores of a model of an event are, month by month. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from features.platform.arrays import Flags, Floats
from scoring.models import evaluation

BANDS = 10  # of the score, for its stability
FEWEST_EVENTS = 20  # the least number of events and of other rows in a ranked month
# the customary reading: below the first bound the population is stable, above the second it moved
STABLE, MOVED = 0.10, 0.25


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """One month, or one week, of rows compared with the training rows.

    Args:
        month: such as `2020-03`; of a week its first day.
        rows: of the month.
        events: frauds or defaults among them.
        foretold: the number of events that the model predicted.
        auc_roc: of the month; None with too few events.
        stability_index: the distance of its scores from the training scores.
        by_chance: the index that 95 of 100 stable months stay below.
    """

    month: str
    rows: int
    events: int
    foretold: float
    auc_roc: float | None
    stability_index: float
    by_chance: float


def by_month(
    learnt: Floats, month: NDArray[np.datetime64], is_event: Flags, probability: Floats
) -> list[MonthFigures]:
    """Return the figures of each month, with the distance of its scores from the training scores.

    Args:
        learnt: [m] probabilities of training rows.
        month: [n] of rows outside the training, in the unit of the periods.
        is_event: [n].
        probability: [n].
    """
    edges = np.unique(np.quantile(learnt, np.linspace(0, 1, BANDS + 1)[1:-1]))
    # the index of two draws of one population (Yurdakul 2018); customers rarely repeat in a month
    quantile = float(chi2.ppf(0.95, len(edges)))
    before = np.bincount(np.searchsorted(edges, learnt), minlength=len(edges) + 1)
    figures = []
    for each in np.unique(month):
        chosen = month == each
        scores, labels = probability[chosen], is_event[chosen]
        after = np.bincount(np.searchsorted(edges, scores), minlength=len(edges) + 1)
        figures.append(
            MonthFigures(
                month=str(each),
                rows=len(scores),
                events=int(labels.sum()),
                foretold=float(scores.sum()),
                auc_roc=auc_of(labels, scores),
                stability_index=evaluation.population_stability(before, after),
                by_chance=quantile * float(1 / len(learnt) + 1 / len(scores)),
            )
        )
    return figures


def auc_of(is_event: Flags, probability: Floats) -> float | None:
    """Return the AUC of some rows, or None if they hold too few events or others."""
    if min(is_event.sum(), (~is_event).sum()) < FEWEST_EVENTS:
        return None
    return evaluation.auc_roc(is_event, probability)


def as_markdown(months: Sequence[MonthFigures], events: str, period: str = "month") -> str:
    """Return the figures as a table.

    Args:
        months: the figures.
        events: the heading of the events, such as `defaults`.
        period: `month`, or `week from`.
    """
    return "\n".join(
        [
            "The index compares the scores with the training scores. Of 100 stable periods, 95 "
            f"stay below the index by chance; small ones vary more. Above {STABLE:.2f} the "
            f"population drifts, above {MOVED:.2f} the model is due for a review.",
            "",
            f"| {period} | rows | {events} | predicted | AUC | stability index | by chance |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            *(
                f"| {month.month} | {month.rows} | {month.events} | {month.foretold:.1f} | "
                f"{'too few' if month.auc_roc is None else f'{month.auc_roc:.3f}'} | "
                f"{month.stability_index:.3f} | {month.by_chance:.3f} |"
                for month in months
            ),
        ]
    )
