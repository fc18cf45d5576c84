"""Measure how a model loses if the feed leaves a column out for a week. Pure.

In such a week each row lacks the column. So the loss of the week is estimated on all test rows, as
if the column were missing in each of them: a single week holds too few events. Only the columns
with the largest contributions are measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Flags, Floats
from scoring.models.evaluation import Ranking

MOST_ROWS = 10_000  # of the test slice; each column costs one more prediction of them
MOST_COLUMNS = 10
EXPLAINED_ROWS = 500  # whose contributions say which columns matter


@dataclass(frozen=True, slots=True)
class Sample:
    """Some of the test rows, with the weights that make up for the others.

    Args:
        place: [n] of each row in the slice.
        weight: [n] the rows that it represents.
    """

    place: NDArray[np.intp]
    weight: Floats


@dataclass(frozen=True, slots=True)
class Loss:
    """The measures without a column, minus those with it.

    Args:
        column: its name.
        auc_roc: change of the AUC; negative is a loss.
        average_precision: change of the average precision.
        expected: events that the model predicts without the column, over those with it.
    """

    column: str
    auc_roc: float
    average_precision: float
    expected: float


def sample(is_event: Flags, most: int = MOST_ROWS) -> Sample:
    """Return at most `most` rows: all events if they are few, and evenly spaced other rows.

    Args:
        is_event: [n], with at least one event and one other row.
        most: of the rows; at most half of them are events.
    """
    parts = [np.flatnonzero(is_event), np.flatnonzero(~is_event)]
    events = _spaced(parts[0], most // 2)
    others = _spaced(parts[1], most - len(events))
    place = np.concatenate([events, others])
    weight = np.concatenate(
        [
            np.full(len(kept), len(part) / len(kept))
            for part, kept in zip(parts, (events, others), strict=True)
        ]
    )
    order = np.argsort(place)
    return Sample(place[order], weight[order])


def important(contributions: Floats, names: Sequence[str], most: int = MOST_COLUMNS) -> list[str]:
    """Return the columns with the largest mean absolute contribution, the largest first.

    Args:
        contributions: [n, columns], to the log-odds.
        names: of the columns.
        most: of the columns; a column that never contributes is left out.
    """
    size = np.nanmean(np.abs(contributions), axis=0)
    order = np.argsort(-size, kind="stable")[:most]
    return [names[place] for place in order if size[place] > 0]


def of_missing(
    predict: Callable[[Floats], Floats],
    matrix: Floats,
    names: Sequence[str],
    columns: Sequence[str],
    is_event: Flags,
    weight: Floats,
) -> list[Loss]:
    """Return the loss by each column, the largest loss of AUC first.

    Args:
        predict: takes a matrix like `matrix`, and returns the probability of the event: [n].
        matrix: [n, columns] of test rows.
        names: of its columns.
        columns: to leave out, one after the other.
        is_event: [n].
        weight: [n].
    """
    whole = predict(matrix)
    ranking = Ranking(is_event, whole)
    auc, precision = ranking.auc_roc(weight), ranking.average_precision(weight)
    losses = []
    for column in columns:
        without = matrix.copy()
        without[:, names.index(column)] = np.nan
        probability = predict(without)
        ranking = Ranking(is_event, probability)
        losses.append(
            Loss(
                column,
                ranking.auc_roc(weight) - auc,
                ranking.average_precision(weight) - precision,
                float((weight * probability).sum() / (weight * whole).sum()),
            )
        )
    return sorted(losses, key=lambda loss: (loss.auc_roc, loss.column))


def as_markdown(losses: Sequence[Loss], events: str) -> str:
    """Return the losses as a table.

    Args:
        losses: by column.
        events: such as `frauds`.
    """
    return "\n".join(
        [
            f"A feed that leaves a column out for a week changes the measures of that week. The "
            f"{len(losses)} columns with the largest contributions, on the test rows:",
            "",
            f"| missing column | AUC | average precision | predicted {events}, ratio |",
            "| --- | ---: | ---: | ---: |",
            *(
                f"| {loss.column} | {loss.auc_roc:+.3f} | {loss.average_precision:+.3f} | "
                f"{loss.expected:.2f} |"
                for loss in losses
            ),
        ]
    )


def _spaced(places: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    if len(places) <= most:
        return places
    chosen = np.linspace(0, len(places) - 1, most).round().astype(np.intp)
    spaced: NDArray[np.intp] = places[chosen]
    return spaced
