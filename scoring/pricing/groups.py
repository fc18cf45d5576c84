"""Pack the categories of a merchant into groups, so that the memory of a fit is bounded. Pure.

A fit holds about a third of a megabyte per series of two years. A category is never divided,
because cannibalisation is measured within it. A small merchant has one group, whose days of a
channel all its series teach.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

#: Series of one fit. Of a category with more, only every k-th product is read.
MOST_SERIES = 1000


@dataclass(frozen=True, slots=True)
class Category:
    """A category of a merchant: its name and the numbers `[first, end)` of its series."""

    name: str
    first: int
    end: int


def pack(categories: Iterable[Category], most: int) -> list[list[Category]]:
    """Return the categories in groups of at most `most` series; a larger category is alone.

    Args:
        categories: in the order of their series, so departments stay together.
        most: series of a group.
    """
    groups: list[list[Category]] = []
    for category in categories:
        if groups and category.end - groups[-1][0].first <= most:
            groups[-1].append(category)
        else:
            groups.append([category])
    return groups
