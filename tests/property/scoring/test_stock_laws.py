"""Order proposals, transfers, budgets and expiry keep the laws of a stock."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scoring.models.dispersion import Dispersion
from scoring.stock import budget, expiry, transfers
from scoring.stock.draws import keys_of
from scoring.stock.expiry import Batches
from scoring.stock.exposure import expose
from scoring.stock.inbound import Inbound
from scoring.stock.lead_times import Period, Supply
from scoring.stock.order_days import next_orders
from scoring.stock.plan import Situation, plan
from scoring.stock.proposals import Packing, Target
from scoring.stock.service import for_cycle_service, for_fill_rate

DAYS, PATHS = 12, 5
pieces = st.integers(0, 9)
Array = np.ndarray


def integers(*shape: int, low: int = 0, high: int = 9) -> st.SearchStrategy:
    return arrays(np.int64, shape, elements=st.integers(low, high))


def sold_day_by_day(
    demand: list[int], stock: int, deliveries: list[int], order: int, arrival: int, end: int
) -> int:
    """Return the pieces that are lost until the end of a period, one day after the other."""
    lost = 0
    for day in range(1, end + 1):
        stock += deliveries[day - 1] + (order if day == arrival else 0)
        lost += max(demand[day - 1] - stock, 0)
        stock = max(stock - demand[day - 1], 0)
    return lost


@given(
    integers(1, DAYS, PATHS),
    st.integers(0, 40),
    integers(3),
    integers(3, low=-2, high=DAYS),
    st.tuples(
        integers(1, PATHS, low=1, high=6),
        integers(1, PATHS, low=0, high=6),
    ),
    st.integers(0, 40),
)
def test_two_numbers_of_a_path_give_the_pieces_lost_under_every_order(
    demand: Array, stock: int, quantity: Array, due: Array, draws: tuple[Array, ...], order: int
) -> None:
    arrival, further = draws
    inbound = Inbound(np.zeros(3, dtype=np.int64), quantity, due)
    period = Period(arrival, arrival + further - 1, np.zeros_like(arrival))

    exposure = expose(demand, np.array([stock]), inbound, period)

    lost = []
    for path in range(PATHS):
        deliveries = [0] * (DAYS + 20)
        for k in range(3):
            deliveries[max(due[k], 1) - 1] += int(quantity[k])
        first, last = int(arrival[0, path]), int(period.end[0, path])
        lost.append(
            sold_day_by_day(demand[0, :, path].tolist(), stock, deliveries, order, first, last)
        )
    assert exposure.lost(np.array([order]))[0] == np.mean(lost)


@given(integers(1, 20, low=-15, high=30), st.floats(0.05, 0.99), st.integers(1, 8))
def test_a_need_is_the_least_that_keeps_the_fill_rate(
    needed: Array, fill_rate: float, lot: int
) -> None:
    cycle = 10.0

    need = int(for_fill_rate(needed, np.array([cycle]), np.array([fill_rate]), np.array([lot]))[0])

    def is_enough(quantity: int) -> bool:
        lost = [
            np.maximum(needed - position, 0).mean() for position in range(quantity, quantity + lot)
        ]
        return float(np.sum(lost)) <= (1 - fill_rate) * cycle * lot + 1e-9

    assert is_enough(need)
    assert need == 0 or not is_enough(need - 1)


@given(integers(1, 20, low=-15, high=30), st.floats(0.05, 1.0))
def test_a_need_is_the_least_that_keeps_the_cycle_service(needed: Array, service: float) -> None:
    need = int(for_cycle_service(needed, np.array([service]))[0])

    assert (needed <= need).mean() >= service - 1e-9
    assert need == 0 or (needed <= need - 1).mean() < service


@given(pieces, st.integers(1, 12), st.integers(0, 30))
def test_an_order_is_whole_packs_and_at_least_the_minimum(
    need: int, pack: int, minimum: int
) -> None:
    order = int(Packing(np.array([pack]), np.array([minimum])).order(np.array([need]))[0])

    assert order % pack == 0
    assert (order == 0) == (need == 0)
    assert order == 0 or (order >= max(need, minimum) and order - pack < max(need, minimum))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=12), pieces)
def test_a_budget_is_kept_and_no_left_out_order_would_still_fit(
    orders: list[tuple[int, int]], money: int
) -> None:
    margin = np.array([order[0] for order in orders], dtype=np.float64)
    cost = np.array([order[1] for order in orders], dtype=np.float64)

    taken = budget.chosen(margin, cost, float(money))

    assert cost[taken].sum() <= money
    assert (cost[~taken] > money - cost[taken].sum()).all()


@given(integers(2, 3, high=20), integers(2, 3, high=20), integers(2, 3), st.integers(1, 4))
def test_a_transfer_moves_surplus_only_and_never_creates_a_shortage(
    available: Array, low: Array, further: Array, least: int
) -> None:
    high = low + further

    moves = transfers.propose(available, low, high, least)

    after = available.copy()
    np.subtract.at(after, (moves.product, moves.source), moves.quantity)
    np.add.at(after, (moves.product, moves.target), moves.quantity)
    given_away, received = after < available, after > available
    assert (moves.quantity >= least).all()
    assert (after.sum(axis=1) == available.sum(axis=1)).all()
    assert (after[given_away] >= high[given_away]).all()
    assert (after[received] <= low[received]).all()
    if least == 1:
        surplus = np.maximum(after - high, 0).sum(axis=1)
        assert (np.minimum(surplus, np.maximum(low - after, 0).sum(axis=1)) == 0).all()


@given(
    st.lists(st.tuples(st.integers(0, 1), pieces, st.integers(-1, DAYS + 3)), max_size=6),
    integers(2, DAYS, PATHS, high=4),
)
def test_batches_expire_as_in_a_shop_that_sells_the_first_to_expire_first(
    rows: list[tuple[int, int, int]], demand: Array
) -> None:
    batches = Batches(*np.array(rows, dtype=np.int64).reshape(len(rows), 3).T)

    expired = expiry.expected_expired(batches, demand)

    for product in range(2):
        mine = [k for k in expiry.order(batches).tolist() if rows[k][0] == product]
        totals = np.zeros((PATHS, len(mine)))
        for path in range(PATHS):
            left = [rows[k][1] for k in mine]
            for day in range(1, DAYS + 1):
                wanted = int(demand[product, day - 1, path])
                for index, k in enumerate(mine):
                    if rows[k][2] >= day:
                        sold = min(wanted, left[index])
                        left[index] -= sold
                        wanted -= sold
            totals[path] = [
                left[index] if rows[k][2] <= DAYS else 0 for index, k in enumerate(mine)
            ]
        assert np.allclose(expired[mine], totals.mean(axis=0) if mine else [])


@given(arrays(np.bool_, 7).filter(np.any), st.integers(0, 20_000))
def test_the_next_orders_fall_on_order_days_with_none_between(days: Array, night: int) -> None:
    wait, review = (int(value[0]) for value in next_orders(days[None, :], night))

    is_order_day = [bool(days[(night + 1 + ahead + 3) % 7]) for ahead in range(15)]
    assert [ahead for ahead in range(15) if is_order_day[ahead]][:2] == [wait, wait + review]


def situation(order: list[int]) -> Situation:
    """Return five products in some order; their data depends on their number alone."""
    number = np.array(order)
    return Situation(
        keys_of([f"product {one}" for one in order]),
        np.repeat(0.4 + number[:, None], 3, axis=1),
        Dispersion(number * 0.1, number * 0.05),
        Supply(number + 1.0, number * 0.7, number % 3, 1 + number % 2),
        Packing(1 + number, number * 2),
        Target(np.full(5, 0.9), number % 2 == 0),
        number * 3,
        Inbound(np.argsort(number)[[1, 3]], np.array([4, 2]), np.array([1, 4])),
    )


def planned(order: list[int], **options: int) -> list[np.ndarray]:
    parts = plan(situation(order), seed=5, paths=16, **options)
    return [column for part in parts for column in astuple(part)]


IN_ONE_CHUNK = planned([0, 1, 2, 3, 4])


@given(st.integers(1, 6), st.permutations(range(5)))
def test_a_plan_depends_neither_on_chunks_nor_on_the_order_of_products(
    chunk: int, order: list[int]
) -> None:
    columns = planned(order, chunk=chunk)

    assert all(
        (column[np.argsort(order)] == expected).all()
        for column, expected in zip(columns, IN_ONE_CHUNK, strict=True)
    )
