"""Defines the result of one test and the rules that turn an interval into a verdict. Pure.

The overall verdict joins the tests by intersection and union (Berger 1982): a challenger passes
only if it passes each test, so no test needs a stricter level for the presence of the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from scipy.stats import norm

from scoring.models.gate_plan import Verdict

#: The power at which a difference counts as detectable.
POWER = 0.8
#: Digits of a reported number after the point, so that equal comparisons have equal digests.
DIGITS = 9


class Role(StrEnum):
    """The part that a test has in the overall verdict."""

    PRIMARY = "primary"
    NON_INFERIORITY = "non_inferiority"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured value with its one-sided bounds and its standard error; NaN = unknown."""

    value: float
    lower: float
    upper: float
    standard_error: float

    @classmethod
    def normal(cls, value: float, standard_error: float, alpha: float) -> Estimate:
        """Return a value with the bounds of a normal distribution, each at the level alpha."""
        reach = float(norm.isf(alpha)) * standard_error
        return cls(value, value - reach, value + reach, standard_error)

    def detectable(self, alpha: float) -> float:
        """Return the smallest true difference that is found with a power of 80 %."""
        return float(norm.isf(alpha) + norm.ppf(POWER)) * self.standard_error


@dataclass(frozen=True, slots=True)
class TestResult:
    """The result of one test.

    Attributes:
        name: of the test.
        role: its part in the overall verdict.
        estimate: the measured value; of a difference, above 0 speaks for the challenger.
        lower: its lower bound at the one-sided level of the plan.
        upper: its upper bound at the same level.
        margin: of the plan; None = no margin.
        verdict: of this test alone.
        detectable: the smallest true difference that this sample finds; None = not a difference.
        note: the facts that the numbers do not show.
    """

    __test__: ClassVar[bool] = False  # its name is no sign of a test for pytest

    name: str
    role: Role
    estimate: float
    lower: float
    upper: float
    margin: float | None
    verdict: Verdict
    detectable: float | None
    note: str = ""

    def as_dict(self) -> dict[str, object]:
        """Return plain JSON values; an unknown number is null."""
        return {
            "name": self.name,
            "role": self.role.value,
            "estimate": plain(self.estimate),
            "lower": plain(self.lower),
            "upper": plain(self.upper),
            "margin": plain(self.margin),
            "verdict": self.verdict.value,
            "detectable": plain(self.detectable),
            "note": self.note,
        }


def of_difference(
    name: str, role: Role, estimate: Estimate, margin: float, alpha: float, note: str = ""
) -> TestResult:
    """Return the result of a test of a difference, above 0 for a better challenger.

    Args:
        name: of the test.
        role: its part.
        estimate: of the difference.
        margin: the largest loss that counts as none.
        alpha: the one-sided level.
        note: for a reader.
    """
    return TestResult(
        name,
        role,
        estimate.value,
        estimate.lower,
        estimate.upper,
        margin,
        verdict_of(estimate.lower, estimate.upper, margin),
        estimate.detectable(alpha),
        note,
    )


def not_measured(name: str, role: Role, note: str) -> TestResult:
    """Return the result of a test without a measure: it cannot tell."""
    nan = math.nan
    return TestResult(name, role, nan, nan, nan, None, Verdict.CANNOT_TELL, None, note)


def verdict_of(lower: float, upper: float, margin: float) -> Verdict:
    """Return the verdict on a difference.

    Args:
        lower: the one-sided lower bound; NaN = unknown.
        upper: the one-sided upper bound; NaN = unknown.
        margin: the largest loss that counts as none.
    """
    if lower > 0:
        return Verdict.BETTER
    if lower > -margin:
        return Verdict.NOT_WORSE
    return Verdict.WORSE if upper < 0 else Verdict.CANNOT_TELL


def within(estimate: Estimate, low: float, high: float) -> Verdict:
    """Return whether an interval lies within bounds (not worse), outside, or across one of them."""
    if low <= estimate.lower and estimate.upper <= high:
        return Verdict.NOT_WORSE
    is_outside = estimate.lower > high or estimate.upper < low
    return Verdict.WORSE if is_outside else Verdict.CANNOT_TELL


def overall(results: Iterable[TestResult]) -> Verdict:
    """Return the strictest verdict of the primary test and of the checks.

    A check passes with `not worse`, so it never lowers a primary `better`.
    """
    judged = [result for result in results if result.role != Role.INFORMATION]
    verdicts = {result.verdict for result in judged}
    for strict in (Verdict.WORSE, Verdict.CANNOT_TELL):
        if strict in verdicts:
            return strict
    primary = [result.verdict for result in judged if result.role == Role.PRIMARY]
    return primary[0] if primary else Verdict.CANNOT_TELL


def plain(number: float | None) -> float | None:
    """Return a number of a fixed precision; None for an unknown one."""
    if number is None or not math.isfinite(number):
        return None
    return round(float(number), DIGITS) + 0.0  # never -0.0
