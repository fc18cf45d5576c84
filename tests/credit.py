"""Build applicants in a few words and decide them with the policy of record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from features.views import APPLICATIONS
from scoring.credit import merge
from scoring.credit.limits import Limits, Requests, recommend
from scoring.credit.merge import ApplicationDecisions, Evidence, Facts
from scoring.credit.reasons import ReasonInputs, reasons_of
from scoring.decision.candidates import FeatureReason
from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Outcome, Status
from scoring.decision.policy import policy, reason_codes
from scoring.decision.policy.policy import Policy
from scoring.decision.rules import columns
from scoring.decision.rules.columns import types_of

OF_RECORD = policy.load("2026.12.1")
POLICY = OF_RECORD.require_credit()
CODES = reason_codes.load(POLICY.reason_codes.version, POLICY.reason_codes.sha256)
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
COUNTS = ("decision_count", "review_count", "decline_count", "confirmed_count")
EVIDENCE_COLUMNS = tuple(f"fraud_{name}" for name in COUNTS)
CONDITIONS = policy.parsed(POLICY.rules, types_of(columns.APPLICATIONS))
SPEAKERS = (
    FeatureReason("late_payments", "delinquency_count_2y", "Delinquencies in 2 years"),
    FeatureReason("debt_to_income", "debt_to_income", "Monthly debt payments over monthly income"),
)


@dataclass(frozen=True)
class Applicant:
    """Hold one application; amounts in minor units of the base currency."""

    amount: int = 1_000_000
    term: float = 36.0
    income: float | None = 6_000_000.0
    debt: float | None = 0.10
    probability: float | None = 0.05
    contributions: tuple[float, float] = (0.4, 0.2)
    features: dict[str, float] = field(default_factory=dict)
    decision_count: int = 0
    review_count: int = 0
    decline_count: int = 0
    confirmed_count: int = 0


@dataclass(frozen=True)
class Answer:
    """Hold the decisions on several applicants."""

    decisions: ApplicationDecisions
    limits: Limits
    reason_facts: ReasonInputs
    reasons: list[list[dict[str, Any]]]  # of applications not approved as requested, else empty

    @property
    def words(self) -> list[str]:
        return [Outcome(level).word for level in self.decisions.outcome]


def decide(
    applicants: Sequence[Applicant], of_record: Policy = OF_RECORD, conditions: Any = CONDITIONS
) -> Answer:
    """Take applicants through limit, merge and reasons."""
    probability = floats([applicant.probability for applicant in applicants])
    requests = Requests(
        np.array([applicant.amount for applicant in applicants], dtype=np.int64),
        np.array([applicant.term for applicant in applicants]),
        floats([applicant.income for applicant in applicants]),
        floats([applicant.debt for applicant in applicants]),
        probability,
    )
    limits = recommend(requests, POLICY)
    status = np.where(np.isnan(probability), Status.MODEL_FAILED, Status.OK).astype(object)
    credit = ComponentScores(probability, status)
    counts = [np.array([getattr(applicant, name) for applicant in applicants]) for name in COUNTS]
    facts = Facts(credit, limits.level, Evidence(*counts))
    decisions = merge.decide(facts, _columns(applicants), of_record, conditions)
    reason_facts = ReasonInputs(credit, limits.binding, limits.is_below(requests))
    weights = np.array([applicant.contributions for applicant in applicants])
    explained = np.flatnonzero((decisions.outcome > Outcome.APPROVE) | reason_facts.is_reduced)
    texts: list[list[dict[str, Any]]] = [[] for _ in applicants]
    if len(explained):
        rendered = reasons_of(
            decisions.take(explained),
            reason_facts.take(explained),
            SPEAKERS,
            weights[explained],
            CODES,
        )
        for row, text in zip(explained, rendered.to_pylist(), strict=True):
            texts[row] = json.loads(text)
    return Answer(decisions, limits, reason_facts, texts)


def _columns(applicants: Sequence[Applicant]) -> dict[str, pa.Array]:
    # a full file, so that no rule on a missing value hits
    usual = {"revolving_utilisation": 0.3, "credit_age_years": 8.0, "total_account_count": 12.0}
    features = {
        name: pa.array(
            [applicant.features.get(name, usual.get(name)) for applicant in applicants],
            pa.float64(),
        )
        for name in APPLICATIONS.columns
    }
    evidence = {
        f"fraud_{name}": pa.array(
            [getattr(applicant, name) for applicant in applicants], pa.int64()
        )
        for name in COUNTS
    }
    moment = pa.array([NOW] * len(applicants), pa.timestamp("us", tz="UTC"))
    customers = pa.array(["c1"] * len(applicants))
    return features | evidence | {"customer_id": customers, "applied_at": moment}


def floats(values: Sequence[float | None]) -> Any:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
