"""The closed vocabulary of DAG tags."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from scoring.runs.job import Job


class Domain(StrEnum):
    """The domain of a DAG's decisions; the platform's own DAGs decide nothing."""

    CREDIT = "domain:credit"
    FRAUD = "domain:fraud"
    PLATFORM = "domain:platform"

    @classmethod
    def of(cls, job: Job) -> Self:
        """Return the tag of a job's domain."""
        return cls(f"domain:{job.domain}")


class Cadence(StrEnum):
    """How often a DAG runs by itself."""

    HOURLY = "cadence:hourly"
    NIGHTLY = "cadence:nightly"
    WEEKLY = "cadence:weekly"
