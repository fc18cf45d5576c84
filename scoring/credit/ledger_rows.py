"""Turns decided applications into rows of the ledger. Pure: columns in, columns out."""

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
from scoring.credit.reasons import ReasonInputs
from scoring.decision import hits
from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Binding, Outcome
from scoring.decision.policy.credit import CreditPolicy
from scoring.decision.rules.columns import EVIDENCE_COUNTS

# input columns that the ledger copies
_COPIED = (
    *("application_id", "version", "revision", "customer_id", "applied_at"),
    *("requested_amount_minor", "currency_code"),
    *EVIDENCE_COUNTS,
    *("fraud_highest_probability", "fraud_decision_ids"),
)
DECISION = "decision"  # the binding of a limit that is 0 because the application was declined


@dataclass(frozen=True, slots=True)
class Answers:
    """The decisions on n applications, and their inputs."""

    decisions: ApplicationDecisions
    limits: Limits
    inputs: ReasonInputs
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
    """Return n ledger rows, except `decided_at` and `processing_time_ms`."""
    decisions, credit = answers.decisions, answers.inputs.credit
    rows, is_scored = len(decisions.outcome), credit.is_ok
    probability = pa.array(credit.values, from_pandas=True)
    return pa.table(
        {
            **{name: columns[name] for name in _COPIED},
            "run_id": pa.repeat(stamp.run_id, rows),
            "decision": _words([outcome.word for outcome in Outcome], decisions.outcome),
            "credit_status": pa.array(credit.status.astype(str)),
            "default_probability": probability,
            "second_probability": pa.array(answers.second.values, from_pandas=True),
            "prediction": _where(is_scored, (credit.values >= part.decline).astype(np.int32)),
            "grade": _where(
                is_scored, np.array([grade.grade for grade in part.grades])[answers.limits.grade]
            ),
            "pd_horizon_months": pc.cast(columns["term_months"], pa.int32()),
            "confidence": pa.array(
                confidence_of(credit.values, answers.second.values, part), pa.string()
            ),
            **_limit(columns, answers),
            "is_overridden": pa.array(decisions.is_overridden),
            "fraud_state": _words(list(STATES), decisions.fraud_state),
            "is_degraded": pa.array(decisions.is_degraded),
            "reasons": reasons,
            "rule_hits": hits.text_of(decisions.rule_hits, decisions.rules),
            "feature_view": pa.repeat(stamp.feature_view, rows),
            "feature_sha256": pc.binary_join_element_wise("\\x", columns["feature_sha256"], ""),
            "model_version": pa.repeat(stamp.model_version, rows),
            "policy_version": pa.repeat(stamp.policy_version, rows),
        }
    )


def limits_of(columns: Mapping[str, pa.Array], answers: Answers) -> pa.Array:
    """Return the recommended limits of n rows, in minor units of their currencies; null if none."""
    return _limit(columns, answers)["recommended_limit_minor"]


def _limit(columns: Mapping[str, pa.Array], answers: Answers) -> dict[str, pa.Array]:
    """Return the limit in the application's currency, its bound, and whether it is reduced.

    A declined application has a limit of 0, a review an indicative limit, and a row without a
    probability no limit.
    """
    decisions, limits, inputs = answers.decisions, answers.limits, answers.inputs
    is_scored = inputs.credit.is_ok
    is_declined = decisions.outcome == Outcome.DECLINE
    is_cut = is_declined & (limits.limit_minor > 0)
    own = columns["requested_amount_minor"].to_numpy(zero_copy_only=False)
    base = columns["requested_amount_base_minor"].to_numpy(zero_copy_only=False)
    with np.errstate(divide="ignore", invalid="ignore"):
        # in the currency's own minor units; a limit equal to the request copies the request
        converted = np.floor(limits.limit_minor * (own / base))
    amount = np.where(inputs.is_reduced, np.nan_to_num(converted), own)
    amount = np.minimum(np.where(is_declined, 0, amount), own).astype(np.int64)
    words = np.array([binding.word for binding in Binding])[limits.binding]
    is_counter_offer = is_scored & inputs.is_reduced & (decisions.outcome == Outcome.APPROVE)
    return {
        "recommended_limit_minor": _where(is_scored, amount),
        "limit_binding": _where(is_scored, np.where(is_cut, DECISION, words)),
        "is_counter_offer": pa.array(is_counter_offer),
    }


def _words(words: list[str], places: NDArray[np.integer]) -> pa.Array:
    return pa.array([str(word) for word in words]).take(pa.array(places))


def _where(mask: NDArray[np.bool_], values: NDArray[np.generic]) -> pa.Array:
    """Return the values if the mask is true, otherwise null."""
    return pa.array(values, mask=~mask)
