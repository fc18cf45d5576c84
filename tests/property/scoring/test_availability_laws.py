"""Available stock is exact however late, often and disorderly its facts arrive."""

from __future__ import annotations

from dataclasses import dataclass, fields
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.platform.arrays import Integers
from scoring.stock.availability import Available, reconcile
from scoring.stock.discrepancies import Discrepancies, Discrepancy
from scoring.stock.movements import Counts, Kind, Movements

PRODUCTS, LOCATIONS = 2, 3
BUFFERS = np.array([0, 2, 1])
INSTANTS = 12

products = st.integers(0, PRODUCTS - 1)
locations = st.integers(0, LOCATIONS - 1)
instants = st.integers(0, INSTANTS)
pieces = st.integers(1, 9)


@dataclass(frozen=True)
class Movement:
    key: int
    version: int
    product: int
    location: int
    to_location: int
    kind: int
    quantity: int
    at: int


@dataclass(frozen=True)
class Count:
    key: int
    version: int
    product: int
    location: int
    on_hand: int
    reserved: int
    at: int


def moved(source: int, step: int, kind: Kind, *facts: int) -> Movement:
    """Return a movement; a transfer goes to another location."""
    key, version, product, quantity, at = facts
    to = (source + step) % LOCATIONS if kind is Kind.TRANSFER else -1
    return Movement(key, version, product, source, to, kind, quantity, at)


keys = st.integers(0, 9)
versions = st.integers(0, 1)
movement_rows = st.lists(
    st.builds(
        moved,
        locations,
        st.integers(1, LOCATIONS - 1),
        st.sampled_from(list(Kind)),
        keys,
        versions,
        products,
        pieces,
        instants,
    ),
    max_size=12,
    unique_by=lambda row: (row.key, row.version),
)
count_rows = st.lists(
    st.builds(
        Count, keys, versions, products, locations, st.integers(0, 20), st.integers(0, 6), instants
    ),
    max_size=8,
    unique_by=lambda row: (row.key, row.version),
)


def columns(kind: type, rows: list) -> list[Integers]:
    return [
        np.array([getattr(row, field.name) for row in rows], dtype=np.int64)
        for field in fields(kind)
    ]


def result(counts: list[Count], movements: list[Movement]) -> tuple[Available, Discrepancies]:
    return reconcile(
        Counts(*columns(Count, counts)),
        Movements(*columns(Movement, movements)),
        BUFFERS,
        PRODUCTS,
    )


def values(found: tuple[Available, Discrepancies]) -> list[list[int]]:
    return [getattr(part, field.name).tolist() for part in found for field in fields(type(part))]


def current(rows: list) -> list:
    newest: dict[int, Movement | Count] = {}
    for row in sorted(rows, key=lambda row: row.version):
        newest[row.key] = row
    return list(newest.values())


def balance(
    counts: list[Count], movements: list[Movement], product: int, location: int, until: int
) -> tuple[int, int] | None:
    """Return pieces on hand and reserved after an instant, the slow way; None = never counted."""
    here = [row for row in current(counts) if (row.product, row.location) == (product, location)]
    instant = max((row.at for row in here if row.at <= until), default=None)
    if instant is None:
        return None
    batches = [row for row in here if row.at == instant]
    on_hand = sum(row.on_hand for row in batches)
    for row in current(movements):
        if row.product != product or not instant < row.at <= until:
            continue
        sign = 1 if row.kind in {Kind.RECEIPT, Kind.RETURN} else -1
        on_hand += sign * row.quantity * (row.location == location)
        on_hand += row.quantity * (row.to_location == location)
    return on_hand, sum(row.reserved for row in batches)


@given(count_rows, movement_rows, st.randoms(use_true_random=False))
def test_order_and_repetition_of_arrival_change_nothing(
    counts: list[Count], movements: list[Movement], random: Random
) -> None:
    again_counts = counts + random.sample(counts, random.randint(0, len(counts)))
    again_movements = movements + random.sample(movements, random.randint(0, len(movements)))
    random.shuffle(again_counts)
    random.shuffle(again_movements)

    assert values(result(again_counts, again_movements)) == values(result(counts, movements))


@given(count_rows, movement_rows)
def test_available_stock_is_the_sum_of_counted_places_less_promises_and_buffers(
    counts: list[Count], movements: list[Movement]
) -> None:
    available, _ = result(counts, movements)

    for product in range(PRODUCTS):
        net, is_known = 0, False
        for location in range(LOCATIONS):
            state = balance(counts, movements, product, location, INSTANTS)
            if state is not None:
                free = state[0] - state[1]
                net += free - min(int(BUFFERS[location]), max(free, 0))
                is_known = True
        assert available.available[product] == max(net, 0)
        assert bool(available.is_known[product]) == is_known


@given(count_rows, movement_rows)
def test_stock_is_never_below_zero_without_a_listed_discrepancy(
    counts: list[Count], movements: list[Movement]
) -> None:
    available, found = result(counts, movements)

    assert (available.available >= 0).all()
    net = available.on_hand - available.reserved - available.buffered
    listed = found.of(Discrepancy.BELOW_ZERO) | found.of(Discrepancy.OVER_RESERVED)
    assert set(np.flatnonzero(net < 0)) <= set(found.product[listed])
    for product in range(PRODUCTS):
        for location in range(LOCATIONS):
            # a count of an instant follows its movements, so both states of an instant are seen
            states = [
                balance(known, movements, product, location, instant)
                for instant in range(INSTANTS + 1)
                for known in (
                    current(counts),
                    [row for row in current(counts) if row.at < instant],
                )
            ]
            lowest = min((state[0] for state in states if state is not None), default=0)
            here = (found.product == product) & (found.location == location)
            sizes = found.size[here & found.of(Discrepancy.BELOW_ZERO)]
            assert min(sizes, default=0) == min(lowest, 0)


@given(count_rows, movement_rows)
def test_a_count_that_contradicts_the_book_is_listed_with_the_missing_pieces(
    counts: list[Count], movements: list[Movement]
) -> None:
    _, found = result(counts, movements)

    listed = {
        (int(product), int(location), int(at)): int(size)
        for product, location, at, size, is_gap in zip(
            found.product,
            found.location,
            found.at,
            found.size,
            found.of(Discrepancy.COUNT_GAP),
            strict=True,
        )
        if is_gap
    }
    expected = {}
    for row in current(counts):
        place = row.product, row.location
        after = balance(counts, movements, *place, row.at)
        others = [count for count in current(counts) if count.at < row.at]
        book = balance(others, movements, *place, row.at)
        if after is not None and book is not None and after[0] != book[0]:
            expected[*place, row.at] = after[0] - book[0]
    assert listed == expected


@given(count_rows, movement_rows)
def test_a_transfer_changes_no_product_whose_places_are_all_counted(
    counts: list[Count], movements: list[Movement]
) -> None:
    start = [
        Count(100 + place, 0, place // LOCATIONS, place % LOCATIONS, 50, 0, 0)
        for place in range(PRODUCTS * LOCATIONS)
    ]
    later = [row for row in movements if row.at > 0]
    others = [row for row in later if row.kind is not Kind.TRANSFER]
    keys = {row.key for row in others}
    transfers = [row for row in later if row.kind is Kind.TRANSFER and row.key not in keys]

    with_transfers, _ = result(start, others + transfers)
    without, _ = result(start, others)

    assert with_transfers.on_hand.tolist() == without.on_hand.tolist()
