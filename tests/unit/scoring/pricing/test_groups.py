"""Categories are packed into groups of bounded size, and none is divided."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from scoring.pricing.groups import Category, pack


def categories(sizes: list[int]) -> list[Category]:
    ends = [sum(sizes[: place + 1]) for place in range(len(sizes))]
    return [
        Category(f"c{place}", end - size, end)
        for place, (size, end) in enumerate(zip(sizes, ends, strict=True))
    ]


def test_a_small_merchant_has_one_group() -> None:
    assert len(pack(categories([3, 4, 3]), most=10)) == 1


def test_a_category_that_is_larger_than_a_group_is_alone() -> None:
    packed = pack(categories([3, 25, 4, 5]), most=10)

    assert [[each.name for each in group] for group in packed] == [["c0"], ["c1"], ["c2", "c3"]]


@given(st.lists(st.integers(1, 30), max_size=40), st.integers(1, 40))
def test_groups_hold_all_categories_in_order_and_no_group_is_larger_without_need(
    sizes: list[int], most: int
) -> None:
    given_categories = categories(sizes)

    packed = pack(given_categories, most)

    assert [each for group in packed for each in group] == given_categories
    assert all(group[-1].end - group[0].first <= most or len(group) == 1 for group in packed)
    # a group and the first category of the next one are too large together
    assert all(after[0].end - group[0].first > most for group, after in pairwise(packed))
