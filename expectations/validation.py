"""What a gate found out: a verdict, the checks behind it, and figures that hold no row values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Verdict(StrEnum):
    """The answer of one validation, as stored in `audit.validation_results`."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    NOTHING_TO_CHECK = "nothing_to_check"
    COULD_NOT_CHECK = "could_not_check"


class Severity(StrEnum):
    """What a broken expectation does: stop the run, or be recorded."""

    CRITICAL = "critical"
    WARNING = "warning"


class Outcome(StrEnum):
    """What became of one expectation."""

    HELD = "held"
    BROKEN = "broken"
    UNKNOWN = "unknown"  # its metric could not be computed; says nothing about the data


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation and what was observed: counts and aggregates, never a value of a row."""

    expectation: str
    column: str | None
    words: str
    why: str
    severity: Severity
    outcome: Outcome
    rows: int | None = None  # rows that the expectation spoke about
    missing: int | None = None  # of these, rows without a value
    unexpected: int | None = None  # of these, rows that break it
    observed: float | None = None  # an aggregate over all rows
    detail: str | None = None  # names of missing columns, or of the error that left it unknown

    @property
    def figure(self) -> str:
        """The observed figure as people read it."""
        if self.detail is not None:
            return self.detail
        if self.unexpected is not None:
            share = f" = {self.unexpected / self.rows:.2%}" if self.rows else ""
            return f"{self.unexpected:,} of {self.rows or 0:,} rows{share}"
        if self.observed is not None:
            return f"observed {self.observed:,.6g}"
        return "no figure"


@dataclass(frozen=True, slots=True)
class Validation:
    """One gate's answer about one table."""

    validation_id: UUID
    suite: str
    subject: str
    table: str
    verdict: Verdict
    rows_expected: int
    rows: int | None  # None: the table could not be counted
    expectations: tuple[Check, ...]
    validated_at: datetime
    seconds: float = 0.0
    report_name: str | None = None

    def counts(self) -> dict[str, int]:
        """Return how many expectations held, broke by severity, and could not be computed."""
        broken = [c.severity for c in self.expectations if c.outcome is Outcome.BROKEN]
        return {
            "held": sum(c.outcome is Outcome.HELD for c in self.expectations),
            "critical": broken.count(Severity.CRITICAL),
            "warning": broken.count(Severity.WARNING),
            "unknown": sum(c.outcome is Outcome.UNKNOWN for c in self.expectations),
        }

    def as_dict(self) -> dict[str, object]:
        """Return the receipt that a task passes on: small, and free of row values."""
        return {
            "validation_id": str(self.validation_id),
            "suite": self.suite,
            "subject": self.subject,
            "verdict": self.verdict.value,
            "rows": self.rows,
            "seconds": round(self.seconds, 3),
            "report": self.report_name,
            **self.counts(),
        }

    def details(self) -> list[dict[str, object]]:
        """Return the checks as the JSON that `audit.validation_results.expectations` holds."""
        return [asdict(check) for check in self.expectations]


def verdict_of(checks: Iterable[Check]) -> Verdict:
    """Return the verdict that these checks add up to.

    Proven bad data outweighs a metric that could not be computed; that outweighs everything else,
    because a gate that looked at half a table has not let anything pass.
    """
    found = {(check.outcome, check.severity) for check in checks}
    if (Outcome.BROKEN, Severity.CRITICAL) in found:
        return Verdict.FAILED
    if any(outcome is Outcome.UNKNOWN for outcome, _ in found):
        return Verdict.COULD_NOT_CHECK
    if (Outcome.BROKEN, Severity.WARNING) in found:
        return Verdict.WARNED
    return Verdict.PASSED
