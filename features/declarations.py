"""What one feature is to a model: its kind, its range, and the words for a reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a number stands for."""

    AMOUNT = "amount"  # major units of the base currency
    COUNT = "count"
    RATIO = "ratio"
    SHARE = "share"
    FLAG = "flag"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One column of a feature table, as a model and a reader of its decisions see it."""

    name: str
    kind: Kind
    characteristic: str  # reasons of one characteristic are told once
    analyst_text: str
    applicant_text: str
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False  # never null
    uses_labels: bool = False  # read from matured labels; closed to label-free models
    monotone: int = 0  # +1 or -1 where more can only mean more or less risk


def amount(name: str, characteristic: str, analyst: str, applicant: str) -> Feature:
    """Declare an amount in major units of the base currency."""
    return Feature(
        name=name, kind=Kind.AMOUNT, characteristic=characteristic, analyst_text=analyst,
        applicant_text=applicant, minimum=0,
    )  # fmt: skip


def count(
    name: str, characteristic: str, analyst: str, applicant: str, *, required: bool = True
) -> Feature:
    """Declare a count."""
    return Feature(
        name=name, kind=Kind.COUNT, characteristic=characteristic, analyst_text=analyst,
        applicant_text=applicant, minimum=0, required=required,
    )  # fmt: skip


def ratio(name: str, characteristic: str, analyst: str, applicant: str) -> Feature:
    """Declare a ratio of two amounts."""
    return Feature(
        name=name, kind=Kind.RATIO, characteristic=characteristic, analyst_text=analyst,
        applicant_text=applicant, minimum=0,
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
    name: str, characteristic: str, analyst: str, applicant: str, *bounds: float | None
) -> Feature:
    """Declare a number within bounds, where there are any."""
    minimum, maximum = bounds or (None, None)
    return Feature(
        name=name, kind=Kind.NUMBER, characteristic=characteristic, analyst_text=analyst,
        applicant_text=applicant, minimum=minimum, maximum=maximum,
    )  # fmt: skip


def fraud_rate(name: str, characteristic: str, analyst: str, applicant: str) -> Feature:
    """Declare a share of matured frauds."""
    return Feature(
        name=name, kind=Kind.SHARE, characteristic=characteristic, analyst_text=analyst,
        applicant_text=applicant, minimum=0, maximum=1, uses_labels=True,
    )  # fmt: skip
