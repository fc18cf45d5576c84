"""Laws of the recommended limit, over the policy of record."""

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
    asked = Requests(columns[0].astype(np.int64), *columns[1:])
    return asked, recommend(asked, POLICY)


def limit_of(one: Request) -> int:
    return int(limits_of(one)[1].limit_minor[0])


@given(st.lists(request, min_size=1, max_size=30))
def test_a_limit_is_never_above_the_request_and_never_below_the_product(
    requests: list[Request],
) -> None:
    asked, found = limits_of(*requests)

    assert (found.limit_minor <= asked.amount_minor).all()
    assert ((found.limit_minor == 0) | (found.limit_minor >= POLICY.limit.minimum_minor)).all()


@given(st.lists(request, min_size=1, max_size=30))
def test_a_limit_below_the_request_is_a_multiple_of_the_step(requests: list[Request]) -> None:
    asked, found = limits_of(*requests)
    reduced = found.limit_minor[found.is_below(asked)]

    assert (reduced % POLICY.limit.step_minor == 0).all()


@given(request, probabilities)
def test_a_worse_probability_never_raises_the_limit(one: Request, other: float) -> None:
    better, worse = sorted([one[4], other])

    assert limit_of((*one[:4], worse)) <= limit_of((*one[:4], better))


@given(request, incomes)
def test_a_higher_income_never_lowers_the_limit(one: Request, other: float) -> None:
    low, high = sorted([one[2], other])

    assert limit_of((*one[:2], low, *one[3:])) <= limit_of((*one[:2], high, *one[3:]))


@given(request, debts)
def test_more_debt_never_raises_the_limit(one: Request, other: float) -> None:
    less, more = sorted([one[3], other])

    assert limit_of((*one[:3], more, one[4])) <= limit_of((*one[:3], less, one[4]))


@given(request, amounts)
def test_asking_for_more_never_lowers_the_limit(one: Request, other: int) -> None:
    less, more = sorted([one[0], other])

    assert limit_of((less, *one[1:])) <= limit_of((more, *one[1:]))


@given(request)
def test_a_limit_keeps_both_bounds_and_one_step_more_breaks_the_one_that_is_named(
    one: Request,
) -> None:
    _, found = limits_of(one)
    _, term, income, debt, probability = one
    budget = POLICY.grades[int(found.grade[0])].loss_budget_minor
    term_of = np.array([term])
    loss = probability * POLICY.costs.loss_given_default
    loss *= float(exposure_share(term_of, POLICY.limit.annual_rate)[0])
    payment = float(payment_share(term_of, POLICY.limit.annual_rate)[0])
    free = max((POLICY.limit.debt_service_cap - debt) * income / MONTHS, 0.0)
    limit = int(found.limit_minor[0])

    assert limit * loss <= budget * (1 + 1e-9)
    assert limit * payment <= free * (1 + 1e-9) + 1e-6
    larger = max(limit + POLICY.limit.step_minor, POLICY.limit.minimum_minor)
    binding = Binding(found.binding[0])
    if binding is Binding.AFFORDABILITY:
        assert larger * payment >= free * (1 - 1e-9)
    if binding is Binding.EXPECTED_LOSS:
        assert larger * loss >= budget * (1 - 1e-9)


@given(request, st.lists(request, max_size=5))
def test_a_request_has_the_same_limit_in_any_company(one: Request, others: list[Request]) -> None:
    _, together = limits_of(one, *others)

    assert int(together.limit_minor[0]) == limit_of(one)


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
