"""Reasons of an application that was not approved as asked: specific, principal, at most four.

An approval below the request is adverse action too (12 CFR 1002.2(c)), so it has reasons as well.
Where the expected loss bounds the amount, the model's own reasons say why the loss is expected: "a
score too low" is none (12 CFR 1002.9(b)(2)). Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from scoring.credit.merge import STATES, ApplicationDecisions
from scoring.decision.candidates import Candidate, Speaker, of_model, of_rules, render
from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Binding, Origin, Outcome, Status
from scoring.decision.policy.reason_codes import BOUNDS, FRAUD_STATES, ReasonCodes


@dataclass(frozen=True, slots=True)
class Told:
    """What is told about n applications beside their decisions.

    Attributes:
        credit: the probability of default; its status explains a degraded row.
        binding: [n] of `Binding`, what bounds the limit.
        is_reduced: [n], where the limit is below the request.
    """

    credit: ComponentScores
    binding: NDArray[np.int8]
    is_reduced: NDArray[np.bool_]

    def take(self, rows: NDArray[np.intp]) -> Told:
        """Return what is told about some rows."""
        return Told(self.credit.take(rows), self.binding[rows], self.is_reduced[rows])

    def asks_model(self, decisions: ApplicationDecisions) -> NDArray[np.bool_]:
        """Where the probability of default itself moved the outcome or the limit."""
        bounded = self.is_reduced & (self.binding == Binding.EXPECTED_LOSS)
        is_asked = (decisions.credit_level > Outcome.APPROVE) | bounded
        return np.asarray(self.credit.is_ok & is_asked, dtype=bool)


def reasons_of(
    decisions: ApplicationDecisions,
    told: Told,
    speakers: Sequence[Speaker],
    weights: NDArray[np.float64],
    codes: ReasonCodes,
) -> pa.Array:
    """Return the reasons of n applications that were not approved as asked, as JSON text.

    Args:
        decisions: of these n rows.
        told: status and bounds of the same rows.
        speakers: code, feature and text by column of `weights`.
        weights: [n, len(speakers)], log-odds towards default of the characteristic that a feature
            speaks for; NaN where another feature does, or nothing was asked.
        codes: the texts for applicants.

    Returns:
        As `candidates.render`, with an applicant's text in each.
    """
    worded = [
        replace(speaker, applicant_text=codes[speaker.code].applicant_text) for speaker in speakers
    ]
    by_loss = told.is_reduced & (told.binding == Binding.EXPECTED_LOSS)
    limit_level = np.where(by_loss, decisions.limit_level, Outcome.APPROVE)
    level = np.maximum(decisions.credit_level, limit_level).astype(np.int8)
    candidates = [
        *_degraded(decisions, told, codes),
        *_bounds(decisions, told, codes),
        *_fraud(decisions, codes),
        *of_rules(decisions.rules, decisions.rule_hits, for_applicants=True),
        *of_model(worded, weights, told.asks_model(decisions), level),
    ]
    return render(candidates, decisions.outcome)


def _degraded(decisions: ApplicationDecisions, told: Told, codes: ReasonCodes) -> list[Candidate]:
    review = np.full(len(decisions.outcome), Outcome.REVIEW, dtype=np.int8)
    return [
        _coded(status.value, Origin.DEGRADED, told.credit.status == status, review, codes)
        for status in Status
        if status is not Status.OK
    ]


def _bounds(decisions: ApplicationDecisions, told: Told, codes: ReasonCodes) -> list[Candidate]:
    is_bounded = told.credit.is_ok & told.is_reduced
    level = decisions.limit_level
    return [
        _coded(
            bound.word,
            Origin.AFFORDABILITY,
            # a request that is too small is not reduced by anything
            (is_bounded | (level > Outcome.APPROVE)) & (told.binding == bound),
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
        code, origin, text.analyst_text, np.asarray(is_present, dtype=bool), level,
        np.zeros(len(level)), applicant_text=text.applicant_text,
    )  # fmt: skip
