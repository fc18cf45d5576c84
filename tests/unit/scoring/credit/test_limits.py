"""The recommended limit is the tightest of several bounds, and the bound is named."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.credit.limits import Requests, recommend
from scoring.decision.outcome import Binding
from tests.credit import POLICY

NOT_KNOWN = float("nan")


@pytest.mark.parametrize(
    ("amount", "income", "debt", "probability", "limit", "binding"),
    [
        # a good applicant gets the whole request, whether or not it is a multiple of the step
        (1_000_050, 6_000_000, 0.1, 0.03, 1_000_050, Binding.REQUEST),
        # 40 % of 1,000 a month minus 300 of debt: 100 a month carry 3,010.75 over 36 months
        (1_000_000, 1_200_000, 0.3, 0.03, 300_000, Binding.AFFORDABILITY),
        # the budget of grade E, 700.00, over 0.20 x 0.80 x 0.5434 of each unit
        (3_500_000, 20_000_000, 0.0, 0.20, 800_000, Binding.EXPECTED_LOSS),
        # the remaining capacity is below the product's smallest loan
        (1_000_000, 1_200_000, 0.39, 0.03, 0, Binding.AFFORDABILITY),
        (1_000_000, 6_000_000, 0.5, 0.03, 0, Binding.AFFORDABILITY),
        # the last grade has no loss budget
        (1_000_000, 6_000_000, 0.1, 0.50, 0, Binding.EXPECTED_LOSS),
        (40_000, 6_000_000, 0.1, 0.03, 0, Binding.MINIMUM),
        (1_000_000, NOT_KNOWN, 0.1, 0.03, 0, Binding.AFFORDABILITY_UNKNOWN),
        (1_000_000, 6_000_000, NOT_KNOWN, 0.03, 0, Binding.AFFORDABILITY_UNKNOWN),
    ],
)
def test_the_tightest_bound_sets_the_limit_and_is_named(
    amount: int, income: float, debt: float, probability: float, limit: int, binding: Binding
) -> None:
    requests = Requests(
        np.array([amount]),
        np.array([36.0]),
        np.array([income]),
        np.array([debt]),
        np.array([probability]),
    )
    limits = recommend(requests, POLICY)

    assert Binding(limits.binding[0]) is binding
    assert limits.limit_minor[0] == limit


def test_a_probability_at_a_grades_bound_belongs_to_the_next_grade() -> None:
    bound = POLICY.grades[0].below
    request = [np.array([100_000] * 3), *(np.array([x] * 3) for x in (36.0, 6_000_000.0, 0.1))]
    limits = recommend(Requests(*request, np.array([bound - 1e-9, bound, 1.0])), POLICY)

    assert limits.grade.tolist() == [0, 1, len(POLICY.grades) - 1]


def test_without_a_probability_no_limit_is_recommended() -> None:
    request = [np.array([1_000_000]), *(np.array([x]) for x in (36.0, 6_000_000.0, 0.1))]

    assert recommend(Requests(*request, np.array([NOT_KNOWN])), POLICY).limit_minor.tolist() == [0]
