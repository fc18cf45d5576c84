"""Defines the closed vocabulary of decisions."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Outcome(IntEnum):
    """The outcomes by strictness: the stricter of two is their maximum."""

    APPROVE = 0
    REVIEW = 1
    DECLINE = 2

    @property
    def word(self) -> str:
        """The word in tables and files."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Outcome:
        """Return the outcome of a word."""
        return cls[word.upper()]


class FraudState(StrEnum):
    """The state of an applicant's earlier card transactions, in order of gravity."""

    NO_HISTORY = "no_history"
    CLEAR = "clear"
    SUSPECTED = "suspected"  # several live reviews
    DECLINED = "declined"  # a live decline
    CONFIRMED = "confirmed"  # a fraud that a label confirms


class Confidence(StrEnum):
    """The confidence of a credit decision in its side of a cut-off."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Binding(IntEnum):
    """The bound that fixed a limit; of two equal bounds, the first is named."""

    REQUEST = 0  # the limit is the whole request
    MINIMUM = 1  # the request itself is below the product's smallest loan
    AFFORDABILITY_UNKNOWN = 2  # income or debts are unknown
    AFFORDABILITY = 3
    EXPECTED_LOSS = 4

    @property
    def word(self) -> str:
        """The word in tables and files."""
        return self.name.lower()


class Origin(StrEnum):
    """The source of a reason."""

    MODEL = "model"
    ANOMALY = "anomaly"
    RULE = "rule"
    KNOCK_OUT = "knock_out"
    DEGRADED = "degraded"
    AFFORDABILITY = "affordability"
    FRAUD = "fraud"
    OVERRIDE = "override"  # an exception that persons keep as data


class Status(StrEnum):
    """The status of a component's score: ok, or the cause of its absence."""

    OK = "ok"
    NO_FX_RATE = "no_fx_rate"
    MODEL_UNAVAILABLE = "model_unavailable"
    MODEL_FAILED = "model_failed"
    MODEL_TIMED_OUT = "model_timed_out"
    INVALID_SCORE = "invalid_score"
    MISALIGNED_SCORES = "misaligned_scores"


#: Failures of the moment: the ledger keeps them, and the same model file may answer later.
CIRCUMSTANCES = (
    Status.MODEL_UNAVAILABLE,
    Status.MODEL_FAILED,
    Status.MODEL_TIMED_OUT,
    Status.MISALIGNED_SCORES,
    Status.INVALID_SCORE,
)
