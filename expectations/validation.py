"""Define the result of a gate: a verdict, its checks, and figures without row values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Verdict(StrEnum):
    """The verdict of one validation, as stored in `audit.validation_results`."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    NOTHING_TO_CHECK = "nothing_to_check"
    COULD_NOT_CHECK = "could_not_check"


class Severity(StrEnum):
    """The effect of a broken expectation: it stops the run, or it is only recorded."""

    CRITICAL = "critical"
    WARNING = "warning"


class Outcome(StrEnum):
    """The outcome of one expectation."""

    HELD = "held"
    BROKEN = "broken"
    UNKNOWN = "unknown"  # its metric could not be computed, so the data may be good or bad


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation and its figures: counts and aggregates, never a value of a row."""

    expectation: str
    column: str | None
    words: str
    why: str
    severity: Severity
    outcome: Outcome
    rows: int | None = None  # rows that the expectation covers
    missing: int | None = None  # of these, rows without a value
    unexpected: int | None = None  # of these, rows that break it
    observed: float | None = None  # an aggregate over all rows
    detail: str | None = None  # names of missing columns, or of the error behind UNKNOWN

    @property
    def figure(self) -> str:
        """The observed figure as readable text."""
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
    """The result of one gate for one table."""

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
        """Return the number of expectations: held, broken by severity, and not computed."""
        broken = [c.severity for c in self.expectations if c.outcome is Outcome.BROKEN]
        return {
            "held": sum(c.outcome is Outcome.HELD for c in self.expectations),
            "critical": broken.count(Severity.CRITICAL),
            "warning": broken.count(Severity.WARNING),
            "unknown": sum(c.outcome is Outcome.UNKNOWN for c in self.expectations),
        }

    def as_dict(self) -> dict[str, object]:
        """Return the receipt that a task passes on; it is small and has no row values."""
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
        """Return the checks as JSON for `audit.validation_results.expectations`."""
        return [asdict(check) for check in self.expectations]


def verdict_of(checks: Iterable[Check]) -> Verdict:
    """Return the verdict that follows from these checks.

    Bad data takes precedence over a metric that could not be computed. Such a metric takes
    precedence over the rest, because an incomplete validation must not pass.
    """
    results = {(check.outcome, check.severity) for check in checks}
    if (Outcome.BROKEN, Severity.CRITICAL) in results:
        return Verdict.FAILED
    if any(outcome is Outcome.UNKNOWN for outcome, _ in results):
        return Verdict.COULD_NOT_CHECK
    if (Outcome.BROKEN, Severity.WARNING) in results:
        return Verdict.WARNED
    return Verdict.PASSED
