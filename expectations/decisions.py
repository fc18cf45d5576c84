"""Define the gate on a run's scored table of card transactions, before publishing.

The ledger's constraints check each row (keys, statuses, clocks). This gate checks the run as a
whole and reports the defect in words: a model with the same answer for every row or with no answer,
an unexpected mix of decisions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import great_expectations as gx
from great_expectations.expectations.row_conditions import Column

from expectations import vocabulary as say

COLUMNS = (
    "transaction_id",
    "chunk",
    "run_id",
    "version",
    "customer_id",
    "occurred_at",
    "decision",
    "fraud_status",
    "fraud_probability",
    "anomaly_status",
    "anomaly_score",
    "is_degraded",
    "reasons",
    "rule_hits",
    "feature_view",
    "feature_sha256",
    "model_version",
    "policy_version",
    "decided_at",
    "processing_time_ms",
)
# In a few rows any share is chance. In a quiet hour, one row without an exchange rate makes 100 %
# degraded rows; the row goes to review and must not block the hour.
MIN_ROWS_FOR_SHARE = 20
MIN_ROWS_TO_VARY = 100
SCORE_CLIFF = 1e-6  # standard deviation of the scores; rounding errors reach 1e-12
_SPREAD = {"fraud_probability": "critical", "anomaly_score": "warning"}


def transactions(rows: int) -> gx.ExpectationSuite:
    """Return the suite for decisions on card transactions.

    Args:
        rows: rows of the run. A run with few rows has no critical check of shares or spread.
    """
    return gx.ExpectationSuite(
        name="decisions.transactions",
        expectations=[
            *expectations_of_runs(COLUMNS, ("fraud_probability", "anomaly_score")),
            say.ExpectListLengths(
                column="reasons",
                min_value=1,
                max_value=4,
                row_condition=Column("decision") != "approve",
                severity="critical",
                notes="A customer who is not approved has a right to the reasons.",
            ),
            *expectations_of_large_runs(rows, _mix(), _SPREAD),
        ],
    )


class Answer(Protocol):
    """The part of a job's answer that a suite needs; `scoring.runs.job.Answer` has it."""

    @property
    def name(self) -> str:
        """The column of the value."""

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest value."""

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels of a label; empty for a number."""

    @property
    def length(self) -> int:
        """The number of values of a row; more than one are a list."""


@dataclass(frozen=True, slots=True)
class SuiteAnswer:
    """An answer as a suite declares it; without bounds a finite number from 0 on."""

    name: str
    bounds: tuple[float, float] = (0.0, say.FINITE)
    levels: tuple[str, ...] = ()
    length: int = 1


def expectations_of_answers(
    columns: Sequence[str], answers: Sequence[Answer]
) -> list[say.Sentence]:
    """Return the expectations on every run of a job whose model answers for every row.

    Args:
        columns: of the scored table.
        answers: the answers of the job; each is within its bounds, or null.
    """
    return [*expectations_of_values(columns, answers), _few_are_degraded()]


def expectations_of_values(columns: Sequence[str], answers: Sequence[Answer]) -> list[say.Sentence]:
    """Return the expectations on every run of a job without an outcome.

    Args:
        columns: of the scored table.
        answers: the answers of the job; each is within its bounds, or null.
    """
    return [
        _shape(columns),
        _present("is_degraded"),
        *map(_answered, answers),
    ]


def expectations_of_runs(columns: Sequence[str], scores: Sequence[str]) -> list[say.Sentence]:
    """Return the expectations on every run of a job whose outcome is a decision.

    Args:
        columns: of the scored table.
        scores: columns with a probability or a score in [0, 1], or null.
    """
    return [
        _shape(columns),
        *map(_present, ("decision", "is_degraded")),
        say.ExpectValuesAmong(
            column="decision",
            value_set=["approve", "review", "decline"],
            severity="critical",
            notes="Callers know three answers.",
        ),
        *(_within(column, 0, 1) for column in scores),
        say.ExpectValuesNotAmong(
            column="decision",
            value_set=["approve"],
            row_condition=Column("is_degraded") == True,  # noqa: E712 - builds a condition
            severity="critical",
            notes="Who could not be scored is never approved.",
        ),
        _few_are_degraded(),
    ]


def expectations_of_large_runs(
    rows: int, mix: Sequence[say.Sentence], spread: Mapping[str, str]
) -> list[say.Sentence]:
    """Return the further expectations on the decisions of a run with many rows.

    Args:
        rows: rows of the run.
        mix: expectations on the shares of decisions.
        spread: the scores that must vary, each with the severity of a constant score.
    """
    expectations: list[say.Sentence] = []
    if rows >= MIN_ROWS_FOR_SHARE:
        most_are_scored = say.ExpectValuesAmong(
            column="is_degraded",
            value_set=[False],
            mostly=0.5,
            severity="critical",
            notes="Where most rows have no score, the queue of reviews would drown the team.",
        )
        expectations += [most_are_scored, *mix]
    if rows >= MIN_ROWS_TO_VARY:
        expectations += [
            say.ExpectSpread(
                column=column,
                min_value=SCORE_CLIFF,
                severity=severity,
                notes="One score for everybody is a model that no longer reads its features.",
            )
            for column, severity in spread.items()
        ]
    return expectations


def _shape(columns: Sequence[str]) -> say.Sentence:
    return say.ExpectColumns(
        column_set=list(columns),
        severity="critical",
        notes="Publishing copies these columns by name.",
    )


def _present(column: str) -> say.Sentence:
    return say.ExpectValuesPresent(
        column=column,
        severity="critical",
        notes="Every claimed row gets a decision and says whether it is degraded.",
    )


def _answered(answer: Answer) -> say.Sentence:
    if answer.levels:
        return say.ExpectValuesAmong(
            column=answer.name,
            value_set=list(answer.levels),
            severity="critical",
            notes="Readers know these levels.",
        )
    if answer.length > 1:
        return say.ExpectNumbersWithin(
            column=answer.name,
            length=answer.length,
            min_value=max(answer.bounds[0], -say.FINITE),
            max_value=min(answer.bounds[1], say.FINITE),
            severity="critical",
            notes="A list with a gap, or with a number outside, is a model that broke.",
        )
    return _within(answer.name, *answer.bounds)


def _within(column: str, least: float, greatest: float) -> say.Sentence:
    return say.ExpectValuesWithin(
        column=column,
        min_value=max(least, -say.FINITE),
        max_value=min(greatest, say.FINITE),
        severity="critical",
        notes="A score outside, or NaN, is a model that broke; it decides nothing.",
    )


def _few_are_degraded() -> say.Sentence:
    return say.ExpectValuesAmong(
        column="is_degraded",
        value_set=[False],
        mostly=0.99,
        severity="warning",
        notes="A few rows lack a rate; more than 1 % is a component that fails.",
    )


def _mix() -> list[say.Sentence]:
    return [
        say.ExpectValuesAmong(
            column="decision",
            value_set=["approve"],
            mostly=0.5,
            severity="warning",
            notes="Most payments are honest; a run that approves fewer than half needs a look.",
        ),
        say.ExpectValuesNotAmong(
            column="decision",
            value_set=["decline"],
            mostly=0.8,
            severity="warning",
            notes="More than a fifth declined is an attack, a drift or a wrong threshold.",
        ),
    ]
