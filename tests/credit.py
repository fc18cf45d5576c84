"""The policy of record's credit part, for the tests of the credit domain."""

from __future__ import annotations

from scoring.decision import policy
from scoring.decision.credit_policy import CreditPolicy

OF_RECORD = policy.load("2026.12.1")


def _credit() -> CreditPolicy:
    if OF_RECORD.credit is None:
        raise AssertionError(OF_RECORD.version)
    return OF_RECORD.credit


POLICY = _credit()
