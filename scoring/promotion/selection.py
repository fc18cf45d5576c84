"""Weights rows with a label for those that a selection left without one. Pure.

Only granted loans have an outcome. Rows are put into strata of the champion's score, and a row with
a label counts for all rows of its stratum (subclassification on a score: Rosenbaum and Rubin 1984).
The weights assume that within a stratum the selection does not depend on the outcome.
"""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Flags, Floats

STRATA = 20
#: Labels that a stratum needs for a share of its own.
FEWEST = 10


def weights(score: Floats, has_label: Flags) -> Floats | None:
    """Return 1 over the share of rows with a label in the stratum, for each row with a label.

    The strata hold equally many rows with a label, so each has some.

    Args:
        score: [n] of the champion.
        has_label: [n].

    Returns:
        [rows with a label]; None if all rows have one, or none has.
    """
    labelled = score[has_label]
    if has_label.all() or not len(labelled):
        return None
    strata = max(1, min(STRATA, len(labelled) // FEWEST))
    edges = np.quantile(labelled, np.arange(1, strata) / strata)
    stratum = np.searchsorted(edges, score, side="right")
    rows = np.bincount(stratum, minlength=strata)
    known = np.bincount(stratum[has_label], minlength=strata)
    inverse = rows / np.maximum(known, 1)
    weight: Floats = inverse[stratum[has_label]]
    return weight
