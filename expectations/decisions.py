"""The last gate: what a run's scored table must look like before anybody can see it.

The ledger's own constraints keep each row right (keys, statuses, clocks). This gate judges the run
before its one transaction of publishing, and says in words what is wrong: a model that answers the
same for everybody or for nobody, a mix of decisions that no policy owner expects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
# In a handful of rows any share is an accident: a quiet hour with one row without an exchange rate
# is 100 % degraded, goes to review, and must not stop the hour for good.
MIN_ROWS_FOR_SHARE = 20
MIN_ROWS_TO_VARY = 100
SCORE_CLIFF = 1e-6  # standard deviation of the scores; rounding alone makes up to 1e-12
_SPREAD = {"fraud_probability": "critical", "anomaly_score": "warning"}


def transactions(rows: int) -> gx.ExpectationSuite:
    """Return what the decisions on card transactions must look like.

    Args:
        rows: rows of the run; with few of them shares only warn, and spread is not asked for.
    """
    return gx.ExpectationSuite(
        name="decisions.transactions",
        expectations=[
            *of_every_run(COLUMNS, ("fraud_probability", "anomaly_score")),
            say.ExpectListLengths(
                column="reasons",
                min_value=1,
                max_value=4,
                row_condition=Column("decision") != "approve",
                severity="critical",
                notes="A customer who is not approved has a right to the reasons.",
            ),
            *of_many_rows(rows, _mix(), _SPREAD),
        ],
    )


def of_every_run(columns: Sequence[str], scores: Sequence[str]) -> list[say.Sentence]:
    """Return what the decisions on anything must look like.

    Args:
        columns: of the scored table.
        scores: those of them that hold a probability or a score in [0, 1], or nothing.
    """
    return [
        say.ExpectColumns(
            column_set=list(columns),
            severity="critical",
            notes="Publishing copies these columns by name.",
        ),
        *(
            say.ExpectValuesPresent(
                column=column,
                severity="critical",
                notes="Every claimed row gets a decision and says whether it is degraded.",
            )
            for column in ("decision", "is_degraded")
        ),
        say.ExpectValuesAmong(
            column="decision",
            value_set=["approve", "review", "decline"],
            severity="critical",
            notes="Callers know three answers.",
        ),
        *(
            say.ExpectValuesWithin(
                column=column,
                min_value=0,
                max_value=1,
                severity="critical",
                notes="A score outside, or NaN, is a model that broke; it decides nothing.",
            )
            for column in scores
        ),
        say.ExpectValuesNotAmong(
            column="decision",
            value_set=["approve"],
            row_condition=Column("is_degraded") == True,  # noqa: E712 - builds a condition
            severity="critical",
            notes="Who could not be scored is never approved.",
        ),
        say.ExpectValuesAmong(
            column="is_degraded",
            value_set=[False],
            mostly=0.99,
            severity="warning",
            notes="A few rows lack a rate; more than 1 % is a component that fails.",
        ),
    ]


def of_many_rows(
    rows: int, mix: Sequence[say.Sentence], spread: Mapping[str, str]
) -> list[say.Sentence]:
    """Return what the decisions on anything must look like where there are many of them.

    Args:
        rows: rows of the run.
        mix: what shares the decisions may have.
        spread: the scores that must vary, each with the severity of one that does not.
    """
    found: list[say.Sentence] = []
    if rows >= MIN_ROWS_FOR_SHARE:
        most_are_scored = say.ExpectValuesAmong(
            column="is_degraded",
            value_set=[False],
            mostly=0.5,
            severity="critical",
            notes="Where most rows have no score, the queue of reviews would drown the team.",
        )
        found += [most_are_scored, *mix]
    if rows >= MIN_ROWS_TO_VARY:
        found += [
            say.ExpectSpread(
                column=column,
                min_value=SCORE_CLIFF,
                severity=severity,
                notes="One score for everybody is a model that no longer reads its features.",
            )
            for column, severity in spread.items()
        ]
    return found


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
