"""Choose the number of segments and their centroids: k-means, judged by resamples. Pure.

More segments say more about customers, but only segments that another sample would find again are
worth a name. The number is therefore the largest whose segments survive the bootstrap (Hennig 2007,
with the adjusted Rand index of Hubert and Arabie 1985), and whose smallest segment is no splinter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from features.platform.arrays import Codes, Floats
from scoring.models.estimators import one_thread
from scoring.segments.points import distances

COUNTS = (8, 7, 6, 5, 4)
STARTS = 10  # of k-means, each from drawn centroids; the best one counts
RESAMPLES = 24
LEAST_AGREEMENT = 0.6  # 10th percentile over the resamples
LEAST_SHARE = 0.03  # of the smallest segment
#: More customers move no centroid, but every resample would cost in proportion.
MOST_FITTED = 20_000


@dataclass(frozen=True, slots=True)
class Trial:
    """One number of segments, as the bootstrap has judged it.

    Attributes:
        centroids: [k, 3], fitted on all points.
        agreements: [resamples] adjusted Rand index to the segments of a refit on a resample.
        smallest_share: of the points, in the smallest segment.
    """

    centroids: Floats
    agreements: Floats
    smallest_share: float

    @property
    def count(self) -> int:
        """The number of segments."""
        return len(self.centroids)

    @property
    def agreement(self) -> float:
        """The 10th percentile of the agreements."""
        return float(np.quantile(self.agreements, 0.1))

    @property
    def passes(self) -> bool:
        """Whether the segments survive the bootstrap and none is a splinter."""
        return self.agreement >= LEAST_AGREEMENT and self.smallest_share >= LEAST_SHARE


def fitted(points: Floats, count: int, seed: int) -> Floats:
    """Return the centroids of k-means: [count, 3]; the same points and seed give the same bits."""
    with one_thread():
        model = KMeans(count, n_init=STARTS, random_state=seed).fit(points)
    centroids: Floats = model.cluster_centers_
    return centroids


def nearest(points: Floats, centroids: Floats) -> Codes:
    """Return the index of the nearest centroid of each point: [n]."""
    indexes: Codes = distances(points, centroids).argmin(axis=1)
    return indexes


def agreement(left: Codes, right: Codes) -> float:
    """Return the adjusted Rand index of two assignments of the same customers."""
    return float(adjusted_rand_score(left, right))


def tried(points: Floats, count: int, seed: int, resamples: int = RESAMPLES) -> Trial:
    """Fit one number of segments, and refit it on resamples of the customers.

    A refit assigns all customers; the index compares it with the fit on all customers.
    """
    centroids = fitted(points, count, seed)
    labels = nearest(points, centroids)
    draw = np.random.default_rng([seed, count])
    agreements = [
        agreement(labels, nearest(points, fitted(points[drawn], count, seed)))
        for drawn in (draw.integers(0, len(points), len(points)) for _ in range(resamples))
    ]
    share = np.bincount(labels, minlength=count).min() / len(points)
    return Trial(centroids, np.array(agreements), float(share))


def can_divide(points: Floats) -> bool:
    """Return whether enough points differ for the smallest number of segments."""
    return len(np.unique(points, axis=0)) >= min(COUNTS)


def trials(points: Floats, seed: int, resamples: int = RESAMPLES) -> Iterator[Trial]:
    """Try the numbers of segments that the points allow, the largest first.

    A reader that stops at the first passing trial saves the smaller ones. At most `MOST_FITTED`
    points take part.
    """
    if len(points) > MOST_FITTED:
        draw = np.random.default_rng(seed)
        points = points[np.sort(draw.choice(len(points), MOST_FITTED, replace=False))]
    different = len(np.unique(points, axis=0))
    return (tried(points, count, seed, resamples) for count in COUNTS if count <= different)


def steadiest(candidates: Sequence[Trial]) -> Trial:
    """Return the trial with the highest agreement, for customers that no number divides well."""
    return max(candidates, key=lambda trial: (trial.agreement, -trial.count))
