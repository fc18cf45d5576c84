"""Declares one feature for models and reasons: kind, range, direction and texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """The kind of a feature's values."""

    AMOUNT = "amount"  # major units of the base currency
    COUNT = "count"
    RATIO = "ratio"
    SHARE = "share"
    FLAG = "flag"
    NUMBER = "number"
    CATEGORY = "category"  # text in SQL; in a matrix the index of its level


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One column of a feature table, as models and readers of decisions use it."""

    name: str
    kind: Kind
    characteristic: str  # features of one characteristic share one reason
    analyst_text: str
    applicant_text: str
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False  # never null
    uses_labels: bool = False  # computed from matured labels; label-free models may not use it
    monotone: int = 0  # +1 or -1 if more can only mean more or less risk
    levels: tuple[str, ...] = ()  # only of a category
    since: int = 1  # the version of the view that appended it; rows of earlier versions have null

    def __post_init__(self) -> None:
        """Check that levels fit the kind, and that an appended feature may be null.

        Raises:
            ValueError: a category has no levels, another kind has some, or the view requires a
                value of a feature that rows of its earlier versions lack.
        """
        if (self.kind is Kind.CATEGORY) != bool(self.levels):
            raise ValueError(f"{self.name}: a category has levels, and nothing else has")
        if self.required and self.since > 1:
            raise ValueError(f"{self.name}: rows of version {self.since - 1} have no value of it")


def amount(
    name: str, characteristic: str, analyst: str, applicant: str, *, monotone: int = 0
) -> Feature:
    """Declare an amount in major units of the base currency."""
    return Feature(
        name=name, kind=Kind.AMOUNT, characteristic=characteristic, analyst_text=analyst,
        applicant_text=applicant, minimum=0, monotone=monotone,
    )  # fmt: skip


def count(
    name: str,
    characteristic: str,
    analyst: str,
    applicant: str,
    *,
    required: bool = True,
    monotone: int = 0,
) -> Feature:
    """Declare a count."""
    return Feature(
        name=name, kind=Kind.COUNT, characteristic=characteristic, analyst_text=analyst,
        applicant_text=applicant, minimum=0, required=required, monotone=monotone,
    )  # fmt: skip


def ratio(
    name: str, characteristic: str, analyst: str, applicant: str, *, monotone: int = 0
) -> Feature:
    """Declare a ratio of two amounts."""
    return Feature(
        name=name, kind=Kind.RATIO, characteristic=characteristic, analyst_text=analyst,
        applicant_text=applicant, minimum=0, monotone=monotone,
    )  # fmt: skip


def share(name: str, characteristic: str, analyst: str, applicant: str) -> Feature:
    """Declare a share between 0 and 1."""
    return Feature(
        name=name, kind=Kind.SHARE, characteristic=characteristic, analyst_text=analyst,
        applicant_text=applicant, minimum=0, maximum=1,
    )  # fmt: skip


def flag(
    name: str, characteristic: str, analyst: str, applicant: str, *, required: bool = False
) -> Feature:
    """Declare a flag: 0 or 1 in a matrix."""
    return Feature(
        name=name, kind=Kind.FLAG, characteristic=characteristic, analyst_text=analyst,
        applicant_text=applicant, minimum=0, maximum=1, required=required,
    )  # fmt: skip


def number(
    name: str,
    characteristic: str,
    analyst: str,
    applicant: str,
    *bounds: float | None,
    monotone: int = 0,
) -> Feature:
    """Declare a number, within bounds if there are any."""
    minimum, maximum = bounds or (None, None)
    return Feature(
        name=name, kind=Kind.NUMBER, characteristic=characteristic, analyst_text=analyst,
        applicant_text=applicant, minimum=minimum, maximum=maximum, monotone=monotone,
    )  # fmt: skip


def fraud_rate(name: str, characteristic: str, analyst: str, applicant: str) -> Feature:
    """Declare a share of matured frauds."""
    return Feature(
        name=name, kind=Kind.SHARE, characteristic=characteristic, analyst_text=analyst,
        applicant_text=applicant, minimum=0, maximum=1, uses_labels=True,
    )  # fmt: skip


def category(
    name: str,
    characteristic: str,
    analyst: str,
    applicant: str,
    *levels: str,
    required: bool = False,
    uses_labels: bool = False,
) -> Feature:
    """Declare a category; the order of its levels is the order of their indexes in a matrix."""
    return Feature(
        name=name, kind=Kind.CATEGORY, characteristic=characteristic, analyst_text=analyst,
        applicant_text=applicant, levels=levels, required=required, uses_labels=uses_labels,
    )  # fmt: skip


def appended(version: int, features: Iterable[Feature]) -> Iterator[Feature]:
    """Yield features that a version of the view appends: null in rows of earlier versions."""
    return (replace(feature, since=version, required=False) for feature in features)
