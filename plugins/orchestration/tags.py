"""The closed vocabulary of DAG tags."""

from __future__ import annotations

from enum import StrEnum


class Domain(StrEnum):
    """What a DAG decides about; the platform's own decide nothing."""

    CREDIT = "domain:credit"
    FRAUD = "domain:fraud"
    PLATFORM = "domain:platform"


class Cadence(StrEnum):
    """How often a DAG runs by itself."""

    HOURLY = "cadence:hourly"
    NIGHTLY = "cadence:nightly"
    WEEKLY = "cadence:weekly"
