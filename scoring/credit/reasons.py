"""Builds the reasons of an application that was not approved as requested, at most four. Pure.

An approval below the request is adverse action too (12 CFR 1002.2(c)), so it has reasons as well.
If the expected loss bounds the amount, the model's own reasons explain the loss: "a score too low"
is not a specific reason (12 CFR 1002.9(b)(2)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from scoring.credit.merge import STATES, ApplicationDecisions
from scoring.decision.candidates import Candidate, FeatureReason, of_model, of_rules, render
from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Binding, Origin, Outcome, Status
from scoring.decision.policy.reason_codes import BOUNDS, FRAUD_STATES, ReasonCodes


@dataclass(frozen=True, slots=True)
class ReasonInputs:
    """The inputs of reasons for n applications, in addition to their decisions.

    Attributes:
        credit: the probability of default; its status explains a degraded row.
        binding: [n] of `Binding`, the bound of the limit.
        is_reduced: [n], whether the limit is below the request.
    """

    credit: ComponentScores
    binding: NDArray[np.int8]
    is_reduced: NDArray[np.bool_]

    def take(self, rows: NDArray[np.intp]) -> ReasonInputs:
        """Return the inputs of some rows."""
        return ReasonInputs(self.credit.take(rows), self.binding[rows], self.is_reduced[rows])

    def is_model_adverse(self, decisions: ApplicationDecisions) -> NDArray[np.bool_]:
        """Return whether the probability of default itself moved the outcome or the limit."""
        is_bounded = self.is_reduced & (self.binding == Binding.EXPECTED_LOSS)
        is_adverse = (decisions.credit_level > Outcome.APPROVE) | is_bounded
        return np.asarray(self.credit.is_ok & is_adverse, dtype=bool)


def reasons_of(
    decisions: ApplicationDecisions,
    inputs: ReasonInputs,
    feature_reasons: Sequence[FeatureReason],
    weights: NDArray[np.float64],
    codes: ReasonCodes,
) -> pa.Array:
    """Return the reasons of n applications that were not approved as requested, as JSON text.

    Args:
        decisions: of these n rows.
        inputs: of the same rows.
        feature_reasons: code, feature and texts by column of `weights`.
        weights: [n, len(feature_reasons)], log-odds towards default of the feature's
            characteristic. NaN if another feature represents it, or the model is not adverse.
        codes: the texts for applicants.

    Returns:
        As `candidates.render`, with an applicant's text in each.
    """
    worded = [
        replace(reason, applicant_text=codes[reason.code].applicant_text)
        for reason in feature_reasons
    ]
    by_loss = inputs.is_reduced & (inputs.binding == Binding.EXPECTED_LOSS)
    limit_level = np.where(by_loss, decisions.limit_level, Outcome.APPROVE)
    level = np.maximum(decisions.credit_level, limit_level).astype(np.int8)
    candidates = [
        *_degraded(decisions, inputs, codes),
        *_bounds(decisions, inputs, codes),
        *_fraud(decisions, codes),
        *of_rules(decisions.rules, decisions.rule_hits, for_applicants=True),
        *of_model(worded, weights, inputs.is_model_adverse(decisions), level),
    ]
    is_reserved = decisions.overrides.is_valid().to_numpy(zero_copy_only=False)
    return render(candidates, decisions.outcome, is_reserved)


def _degraded(
    decisions: ApplicationDecisions, inputs: ReasonInputs, codes: ReasonCodes
) -> list[Candidate]:
    review = np.full(len(decisions.outcome), Outcome.REVIEW, dtype=np.int8)
    return [
        _coded(status.value, Origin.DEGRADED, inputs.credit.status == status, review, codes)
        for status in Status
        if status is not Status.OK
    ]


def _bounds(
    decisions: ApplicationDecisions, inputs: ReasonInputs, codes: ReasonCodes
) -> list[Candidate]:
    is_bounded = inputs.credit.is_ok & inputs.is_reduced
    level = decisions.limit_level
    return [
        _coded(
            bound.word,
            Origin.AFFORDABILITY,
            # no bound reduces a request that is too small
            (is_bounded | (level > Outcome.APPROVE)) & (inputs.binding == bound),
            level,
            codes,
        )
        for bound in BOUNDS
    ]


def _fraud(decisions: ApplicationDecisions, codes: ReasonCodes) -> list[Candidate]:
    level = decisions.fraud_level
    return [
        _coded(
            f"fraud_{state}",
            Origin.FRAUD,
            (level > Outcome.APPROVE) & (decisions.fraud_state == STATES.index(state)),
            level,
            codes,
        )
        for state in FRAUD_STATES
    ]


def _coded(
    code: str,
    origin: Origin,
    is_present: NDArray[np.bool_],
    level: NDArray[np.int8],
    codes: ReasonCodes,
) -> Candidate:
    text = codes[code]
    return Candidate(
        code=code,
        origin=origin,
        text=text.analyst_text,
        is_present=np.asarray(is_present, dtype=bool),
        level=level,
        weight=np.zeros(len(level)),
        applicant_text=text.applicant_text,
    )
