"""The vocabulary of DAG tags: the domain of the decisions, and the cadence."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scoring.runs.job import Job


#: The tag of the DAGs that decide nothing.
PLATFORM = "domain:platform"


def domain_of(job: Job) -> str:
    """Return the tag of a job's domain."""
    return f"domain:{job.domain}"


class Cadence(StrEnum):
    """How often a DAG runs by itself."""

    HOURLY = "cadence:hourly"
    NIGHTLY = "cadence:nightly"
    WEEKLY = "cadence:weekly"
    ON_EVENT = "cadence:on-event"
    BY_HAND = "cadence:by-hand"
