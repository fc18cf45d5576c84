"""Validate tables at the gates: suites in Python, modules per boundary, and the runner."""

from __future__ import annotations

from expectations.errors import GateFailedError, GateUnavailableError
from expectations.runner import OpenGate, validate
from expectations.validation import Check, Outcome, Severity, Validation, Verdict

__all__ = [
    "Check",
    "GateFailedError",
    "GateUnavailableError",
    "OpenGate",
    "Outcome",
    "Severity",
    "Validation",
    "Verdict",
    "validate",
]
