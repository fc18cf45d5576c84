"""Decided applications as rows of the ledger. Pure: columns in, columns out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from scoring.credit.confidence import confidence_of
from scoring.credit.limits import Limits
from scoring.credit.merge import STATES, ApplicationDecisions
from scoring.credit.reasons import Told
from scoring.decision import hits
from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Binding, Outcome
from scoring.decision.policy.credit import CreditPolicy
from scoring.decision.rules.columns import EVIDENCE_COUNTS

# as they were read, into the ledger
_COPIED = (
    *("application_id", "version", "revision", "customer_id", "applied_at"),
    *("requested_amount_minor", "currency_code"),
    *EVIDENCE_COUNTS,
    *("fraud_highest_probability", "fraud_decision_ids"),
)
DECISION = "decision"  # the word for a limit that is 0 because the application was declined


@dataclass(frozen=True, slots=True)
class Answers:
    """What was decided about n applications, and from what."""

    decisions: ApplicationDecisions
    limits: Limits
    told: Told
    second: ComponentScores


@dataclass(frozen=True, slots=True)
class Stamp:
    """The pins of a run that every ledger row carries."""

    run_id: str
    feature_view: str
    model_version: str
    policy_version: str


def of(
    stamp: Stamp,
    columns: Mapping[str, pa.Array],
    answers: Answers,
    part: CreditPolicy,
    reasons: pa.Array,
) -> pa.Table:
    """Return n ledger rows, `decided_at` and `processing_time_ms` excepted."""
    decided, credit = answers.decisions, answers.told.credit
    rows, is_scored = len(decided.outcome), credit.is_ok
    probability = pa.array(credit.values, from_pandas=True)
    return pa.table(
        {
            **{name: columns[name] for name in _COPIED},
            "run_id": pa.repeat(stamp.run_id, rows),
            "decision": _words([outcome.word for outcome in Outcome], decided.outcome),
            "credit_status": pa.array(credit.status.astype(str)),
            "default_probability": probability,
            "second_probability": pa.array(answers.second.values, from_pandas=True),
            "prediction": _where(is_scored, (credit.values >= part.decline).astype(np.int32)),
            "grade": _where(
                is_scored, np.array([one.grade for one in part.grades])[answers.limits.grade]
            ),
            "pd_horizon_months": pc.cast(columns["term_months"], pa.int32()),
            "confidence": pa.array(
                confidence_of(credit.values, answers.second.values, part), pa.string()
            ),
            **_limit(columns, answers),
            "is_overridden": pa.array(decided.is_overridden),
            "fraud_state": _words(list(STATES), decided.fraud_state),
            "is_degraded": pa.array(decided.is_degraded),
            "reasons": reasons,
            "rule_hits": hits.text_of(decided.rule_hits, decided.rules),
            "feature_view": pa.repeat(stamp.feature_view, rows),
            "feature_sha256": pc.binary_join_element_wise("\\x", columns["feature_sha256"], ""),
            "model_version": pa.repeat(stamp.model_version, rows),
            "policy_version": pa.repeat(stamp.policy_version, rows),
        }
    )


def _limit(columns: Mapping[str, pa.Array], answers: Answers) -> dict[str, pa.Array]:
    """Return the limit in the application's currency, what binds it, and whether less is offered.

    A declined application has a limit of 0, a review an indicative one, and a row without a
    probability none.
    """
    decided, limits, told = answers.decisions, answers.limits, answers.told
    is_scored = told.credit.is_ok
    is_declined = decided.outcome == Outcome.DECLINE
    is_cut = is_declined & (limits.limit_minor > 0)
    own = columns["requested_amount_minor"].to_numpy(zero_copy_only=False)
    base = columns["requested_amount_base_minor"].to_numpy(zero_copy_only=False)
    with np.errstate(divide="ignore", invalid="ignore"):
        # the currency's own minor units; the whole request stays the whole request
        converted = np.floor(limits.limit_minor * (own / base))
    amount = np.where(told.is_reduced, np.nan_to_num(converted), own)
    amount = np.minimum(np.where(is_declined, 0, amount), own).astype(np.int64)
    words = np.array([binding.word for binding in Binding])[limits.binding]
    is_counter_offer = is_scored & told.is_reduced & (decided.outcome == Outcome.APPROVE)
    return {
        "recommended_limit_minor": _where(is_scored, amount),
        "limit_binding": _where(is_scored, np.where(is_cut, DECISION, words)),
        "is_counter_offer": pa.array(is_counter_offer),
    }


def _words(words: list[str], places: NDArray[np.integer]) -> pa.Array:
    return pa.array([str(word) for word in words]).take(pa.array(places))


def _where(mask: NDArray[np.bool_], values: NDArray[np.generic]) -> pa.Array:
    """Return the values where the mask holds, null elsewhere."""
    return pa.array(values, mask=~mask)
