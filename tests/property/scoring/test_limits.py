"""The recommended limit keeps its laws under the policy of record."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scoring.credit.annuity import MONTHS, exposure_share, payment_share
from scoring.credit.limits import Limits, Requests, recommend
from scoring.decision.outcome import Binding
from tests.credit import POLICY

amounts = st.integers(1, 10_000_000)
terms = st.sampled_from([6.0, 12.0, 36.0, 60.0, 84.0])
incomes = st.integers(0, 100_000_000).map(float)
debts = st.floats(0, 3)
probabilities = st.floats(0, 1)
request = st.tuples(amounts, terms, incomes, debts, probabilities)
Request = tuple[int, float, float, float, float]


def limits_of(*requests: Request) -> tuple[Requests, Limits]:
    columns = [np.array(column) for column in zip(*requests, strict=True)]
    columns_of_requests = Requests(columns[0].astype(np.int64), *columns[1:])
    return columns_of_requests, recommend(columns_of_requests, POLICY)


def limit_of(drawn: Request) -> int:
    return int(limits_of(drawn)[1].limit_minor[0])


@given(st.lists(request, min_size=1, max_size=30))
def test_a_limit_is_never_above_the_request_and_never_below_the_product(
    requests: list[Request],
) -> None:
    requested, limits = limits_of(*requests)

    assert (limits.limit_minor <= requested.amount_minor).all()
    assert ((limits.limit_minor == 0) | (limits.limit_minor >= POLICY.limit.minimum_minor)).all()


@given(st.lists(request, min_size=1, max_size=30))
def test_a_limit_below_the_request_is_a_multiple_of_the_step(requests: list[Request]) -> None:
    requested, limits = limits_of(*requests)
    reduced = limits.limit_minor[limits.is_below(requested)]

    assert (reduced % POLICY.limit.step_minor == 0).all()


@given(request, probabilities)
def test_a_worse_probability_never_raises_the_limit(drawn: Request, second: float) -> None:
    better, worse = sorted([drawn[4], second])

    assert limit_of((*drawn[:4], worse)) <= limit_of((*drawn[:4], better))


@given(request, incomes)
def test_a_higher_income_never_lowers_the_limit(drawn: Request, second: float) -> None:
    low, high = sorted([drawn[2], second])

    assert limit_of((*drawn[:2], low, *drawn[3:])) <= limit_of((*drawn[:2], high, *drawn[3:]))


@given(request, debts)
def test_more_debt_never_raises_the_limit(drawn: Request, second: float) -> None:
    less, more = sorted([drawn[3], second])

    assert limit_of((*drawn[:3], more, drawn[4])) <= limit_of((*drawn[:3], less, drawn[4]))


@given(request, amounts)
def test_a_larger_request_never_lowers_the_limit(drawn: Request, second: int) -> None:
    less, more = sorted([drawn[0], second])

    assert limit_of((less, *drawn[1:])) <= limit_of((more, *drawn[1:]))


@given(request)
def test_a_limit_keeps_both_bounds_and_one_more_step_breaks_the_named_bound(
    drawn: Request,
) -> None:
    _, limits = limits_of(drawn)
    _, term, income, debt, probability = drawn
    budget = POLICY.grades[int(limits.grade[0])].loss_budget_minor
    term_of = np.array([term])
    loss = probability * POLICY.costs.loss_given_default
    loss *= float(exposure_share(term_of, POLICY.limit.annual_rate)[0])
    payment = float(payment_share(term_of, POLICY.limit.annual_rate)[0])
    free = max((POLICY.limit.debt_service_cap - debt) * income / MONTHS, 0.0)
    limit = int(limits.limit_minor[0])

    assert limit * loss <= budget * (1 + 1e-9)
    assert limit * payment <= free * (1 + 1e-9) + 1e-6
    larger = max(limit + POLICY.limit.step_minor, POLICY.limit.minimum_minor)
    binding = Binding(limits.binding[0])
    if binding is Binding.AFFORDABILITY:
        assert larger * payment >= free * (1 - 1e-9)
    if binding is Binding.EXPECTED_LOSS:
        assert larger * loss >= budget * (1 - 1e-9)


@given(request, st.lists(request, max_size=5))
def test_the_limit_of_a_request_does_not_depend_on_the_others(
    drawn: Request, others: list[Request]
) -> None:
    _, together = limits_of(drawn, *others)

    assert int(together.limit_minor[0]) == limit_of(drawn)


@given(terms, st.floats(0.001, 0.99))
def test_an_annuity_repays_its_amount(term: float, rate: float) -> None:
    payment = float(payment_share(np.array([term]), rate)[0])
    balance = 1.0
    balances = []
    for _ in range(int(term)):
        balances.append(balance)
        balance = balance * (1 + rate / MONTHS) - payment

    assert abs(balance) < 1e-6
    assert np.isclose(np.mean(balances), exposure_share(np.array([term]), rate)[0], atol=1e-6)
