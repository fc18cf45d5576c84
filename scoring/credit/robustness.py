"""Compare a credit model with its other part, and measure it without columns and by month. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from features.platform.arrays import Floats
from scoring.credit import fitting
from scoring.credit.fitting import Slices
from scoring.credit.model import CreditModel
from scoring.models import robustness
from scoring.models.robustness import Robustness, TestedRows


def measure(model: CreditModel, slices: Slices, probabilities: Mapping[str, Floats]) -> Robustness:
    """Return how far a tested model can be relied on.

    Args:
        model: the tested model.
        slices: the rows that it was fitted and tested on.
        probabilities: [n] of the test rows, by part.
    """
    names, test = list(model.features or ()), slices.test
    rows = TestedRows(
        test.select(names).matrix,
        names,
        test.is_bad,
        test.customer,
        test.month,
        probabilities[model.decides],
    )
    learnt = fitting.score(model, slices.learn).default_probability
    return robustness.measure(model, rows, learnt, f"the {model.other}", probabilities[model.other])
