"""The closed vocabulary of decisions, and the arrays they are computed in."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Outcome(IntEnum):
    """What is decided, ordered by strictness: the stricter of two is their maximum."""

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
    """What an applicant's card payments before the application say, in order of gravity."""

    NO_HISTORY = "no_history"
    CLEAR = "clear"
    SUSPECTED = "suspected"  # several live reviews
    DECLINED = "declined"  # a live decline
    CONFIRMED = "confirmed"  # a fraud that a label confirms


class Confidence(StrEnum):
    """How sure the credit decision is of its side of a cut-off."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Binding(IntEnum):
    """What kept a limit from being larger; of two that say the same, the first is named."""

    REQUEST = 0  # nothing: the whole request
    MINIMUM = 1  # the request itself is below the product's smallest loan
    AFFORDABILITY_UNKNOWN = 2  # income or debts are not known
    AFFORDABILITY = 3
    EXPECTED_LOSS = 4

    @property
    def word(self) -> str:
        """The word in tables and files."""
        return self.name.lower()


class Origin(StrEnum):
    """Where a reason comes from."""

    MODEL = "model"
    ANOMALY = "anomaly"
    RULE = "rule"
    KNOCK_OUT = "knock_out"
    DEGRADED = "degraded"
    AFFORDABILITY = "affordability"
    FRAUD = "fraud"


class Status(StrEnum):
    """Why a component has a score, or has none."""

    OK = "ok"
    NO_FX_RATE = "no_fx_rate"
    MODEL_UNAVAILABLE = "model_unavailable"
    MODEL_FAILED = "model_failed"
    MODEL_TIMED_OUT = "model_timed_out"
    INVALID_SCORE = "invalid_score"
    MISALIGNED_SCORES = "misaligned_scores"


#: What the model said then stands in the ledger; the same file may well answer today.
CIRCUMSTANCES = (
    Status.MODEL_UNAVAILABLE,
    Status.MODEL_FAILED,
    Status.MODEL_TIMED_OUT,
    Status.MISALIGNED_SCORES,
    Status.INVALID_SCORE,
)
