"""Series have the classes of Syntetos and Boylan, and new series a class of their own."""

from __future__ import annotations

import numpy as np

from scoring.demand.classes import CLASSES, classify


def test_interval_and_variation_decide_the_class() -> None:
    age = np.array([100.0, 100.0, 100.0, 100.0, 100.0, 55.0, 56.0])
    interval = np.array([1.32, 1.32, 1.33, 1.33, np.nan, 1.0, 1.0])
    variation = np.array([0.49, 0.5, 0.49, 0.5, np.nan, 0.0, 0.0])

    names = [CLASSES[code] for code in classify(age, interval, variation)]

    assert names == ["smooth", "erratic", "intermittent", "lumpy", "intermittent", "new", "smooth"]
