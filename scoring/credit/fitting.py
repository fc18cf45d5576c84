"""Cuts closed loans in time, and fits the shipped model on them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.platform.errors import ContractError, TooFewLabelsError
from features.views import FeatureView
from scoring.credit.model import CreditModel, CreditScores
from scoring.credit.rows import TrainingSet

LEARN_SHARE = 0.8  # the rest, the newest whole months, is for testing
FEWEST_DEFAULTS = 40  # to learn and calibrate on, and to test on


@dataclass(frozen=True, slots=True)
class Slices:
    """A set of rows, cut in time."""

    learn: TrainingSet
    test: TrainingSet


def cut(rows: TrainingSet) -> Slices:
    """Cut rows at the start of the month that contains the end of the first four fifths.

    Raises:
        TooFewLabelsError: a slice holds too few defaults.
    """
    month = rows.month
    last = min(round(len(rows) * LEARN_SHARE), len(rows) - 1)
    first = int(np.searchsorted(month, month[last])) if len(rows) else 0
    slices = Slices(rows.take(slice(0, first)), rows.take(slice(first, None)))
    counts = [int(part.is_bad.sum()) for part in (slices.learn, slices.test)]
    if min(counts) < FEWEST_DEFAULTS:
        raise TooFewLabelsError(
            f"{len(rows)} loans of whole vintages hold {counts} defaults to learn and to test on; "
            f"each needs {FEWEST_DEFAULTS}: load more history (`vesper ingest`), or "
            "wait until more vintages have reached the end of their term"
        )
    return slices


def unfitted(names: Sequence[str], view: FeatureView) -> CreditModel:
    """Return the unfitted model for some columns of a view, with the view's declarations."""
    declared = [view.feature(name) for name in names]
    return CreditModel(
        list(names),
        [feature.monotone for feature in declared],
        [list(feature.levels) for feature in declared],
    )


def fit(rows: TrainingSet, view: FeatureView, names: Sequence[str] | None = None) -> CreditModel:
    """Fit the shipped model on rows, by default on the columns that still vary.

    Raises:
        ContractError: the rows hold too few defaults, or the model does not rank.
    """
    chosen = rows.telling() if names is None else tuple(names)
    try:
        return unfitted(chosen, view).fit(rows.select(chosen).matrix, rows.is_bad)
    except ValueError as error:
        raise ContractError(
            f"no credit model could be fitted on {len(rows)} loans with {rows.is_bad.sum()} "
            f"defaults: {error}"
        ) from error


def score(model: CreditModel, rows: TrainingSet) -> CreditScores:
    """Score rows with the columns of the model."""
    return model.score(rows.select(list(model.features or ())).matrix)
