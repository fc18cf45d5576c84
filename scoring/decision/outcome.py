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
