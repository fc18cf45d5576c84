"""Compare lists of categories by the share of customers that buy from them. Pure.

A list is a hit if its customer buys at least one of its categories in the period after the list was
made. All lists of a comparison belong to the same customers and moments, so differences are paired.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans

from features.platform.arrays import Flags, Floats, Integers

LENGTH = 3
RESAMPLES = 2_000
SEGMENTS = 5


@dataclass(frozen=True, slots=True)
class Purchases:
    """The purchases of customers: one entry per customer, category and day.

    Args:
        customers: the number of a customer, per entry.
        categories: the number of a category, per entry.
        days: the number of a UTC day, per entry.
        amounts: the net amount, per entry.
        shape: the number of customers and of categories.
    """

    customers: Integers
    categories: Integers
    days: Integers
    amounts: Floats
    shape: tuple[int, int]

    def counts(self, first: int, end: int) -> Floats:
        """Return how many days of [first, end) each customer bought each category."""
        rows = (self.days >= first) & (self.days < end)
        counts = np.zeros(self.shape)
        np.add.at(counts, (self.customers[rows], self.categories[rows]), 1.0)
        return counts


def most_frequent(counts: Floats) -> Integers:
    """Return each customer's most frequent categories; ties go to the most popular category."""
    popularity = counts.sum(axis=0)
    return _largest(counts + popularity / (2 * max(popularity.max(), 1.0)))


def most_popular(counts: Floats, segments: Integers) -> Integers:
    """Return the most popular categories of each customer's segment."""
    sums = np.zeros((int(segments.max()) + 1, counts.shape[1]))
    np.add.at(sums, segments, counts)
    return _largest(sums)[segments]


def segments_of(purchases: Purchases, end: int, seed: int) -> Integers:
    """Return a segment per customer: k-means on the scaled logarithms of RFM before a day.

    Customers without a purchase before the day have segment 0.
    """
    before = purchases.days < end
    customers, days = purchases.customers[before], purchases.days[before]
    last = np.full(purchases.shape[0], -1)
    np.maximum.at(last, customers, days)
    bought_on = np.unique(np.stack([customers, days]), axis=1)[0]
    frequency = np.bincount(bought_on, minlength=purchases.shape[0])
    monetary = np.bincount(customers, purchases.amounts[before], minlength=purchases.shape[0])
    has_bought = frequency > 0
    matrix = np.log1p(np.stack([end - 1 - last, frequency, monetary], axis=1)[has_bought])
    matrix = (matrix - matrix.mean(axis=0)) / np.maximum(matrix.std(axis=0), 1e-12)
    segments = np.zeros(purchases.shape[0], dtype=np.int64)
    count = min(SEGMENTS, len(np.unique(matrix, axis=0)))
    segments[has_bought] = KMeans(count, n_init=10, random_state=seed).fit_predict(matrix)
    return segments


def hits(lists: Integers, bought: Flags) -> Floats:
    """Return 1 for a customer that bought a category of its list, otherwise 0.

    Args:
        lists: category numbers [customers, LENGTH]; -1 for an empty place.
        bought: whether each customer bought each category [customers, categories].
    """
    chosen = np.take_along_axis(bought, np.maximum(lists, 0), axis=1) & (lists >= 0)
    is_hit: Flags = np.logical_or.reduce(chosen, axis=1)
    return is_hit.astype(np.float64)


def difference_bounds(difference: Floats, lists: Floats, seed: int) -> tuple[float, float, float]:
    """Return the mean difference per list with its 95 % bounds, by a bootstrap of customers.

    Args:
        difference: the sum of a customer's differences, over its lists.
        lists: how many lists each customer has.
        seed: of the resamples.
    """
    generator = np.random.default_rng(seed)
    chances = np.full(len(difference), 1 / len(difference))
    drawn = generator.multinomial(len(difference), chances, size=RESAMPLES)
    means = (drawn @ difference) / (drawn @ lists)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(difference.sum() / lists.sum()), float(low), float(high)


def _largest(scores: Floats) -> Integers:
    return np.argsort(-scores, axis=1, kind="stable")[:, :LENGTH]
