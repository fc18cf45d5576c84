"""Classify series by the pattern of their demand. Pure.

The classes are those of Syntetos, Boylan and Croston (2005): the average interval between days with
demand (ADI) says how often a product sells, and the squared coefficient of variation (CV²) of the
units of these days says how even the sizes are. A series younger than eight weeks is new.
"""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Codes, Floats
from scoring.demand.past import Past

CLASSES = ("smooth", "erratic", "intermittent", "lumpy", "new")
SMOOTH, ERRATIC, INTERMITTENT, LUMPY, NEW = range(len(CLASSES))
MOST_INTERVAL = 1.32
MOST_VARIATION = 0.49
#: A series with fewer days since its first sale is new.
NEW_DAYS = 56


def classify(age_days: Floats, interval: Floats, variation: Floats) -> Codes:
    """Return the index in `CLASSES` of each series: [n].

    Args:
        age_days: [n] days since the first sale.
        interval: [n] observed days per day with demand; NaN, without such a day, is intermittent.
        variation: [n] squared coefficient of variation of the units of days with demand.
    """
    is_rare = ~(interval <= MOST_INTERVAL)
    is_uneven = variation > MOST_VARIATION
    codes = np.select(
        [age_days < NEW_DAYS, is_rare & is_uneven, is_rare, is_uneven],
        [NEW, LUMPY, INTERMITTENT, ERRATIC],
        SMOOTH,
    )
    return codes.astype(np.int64)


def of(past: Past) -> Codes:
    """Return the index in `CLASSES` of each series of a night: [n]."""
    return classify(past["age_days"], past["adi_364"], past["cv2_364"])
