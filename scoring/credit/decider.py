"""Decides applications: applies a run's model, limits and policy to a chunk of feature rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from psycopg import sql

from features.platform.arrays import Columns, Matrix
from features.platform.settings import Settings
from features.views import APPLICATIONS as VIEW
from scoring.credit import card_history, ledger_rows, merge, reasons
from scoring.credit.inputs import INPUT_TYPES, input_columns, matrix_of
from scoring.credit.job import JOB
from scoring.credit.limits import Requests, recommend
from scoring.credit.merge import ApplicationDecisions, Evidence, Facts
from scoring.credit.reasons import ReasonInputs
from scoring.decider import Domain, Outcomes, PolicyDecider, Scores, listed_columns
from scoring.decision.attributions import by_characteristic, relieving
from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Outcome
from scoring.decision.overrides import with_overrides
from scoring.decision.policy import policy, reason_codes
from scoring.decision.policy.exceptions import Exceptions
from scoring.decision.policy.policy import Policy, parsed
from scoring.decision.rules.columns import APPLICATIONS, EVIDENCE_COUNTS, types_of
from scoring.exceptions.pinned import pinned_policy
from scoring.models.guarded_model import GuardedModel
from scoring.runs import record

TYPES = types_of(APPLICATIONS)  # of the columns that a rule may name
ANSWERS = JOB.answers
#: The columns that limits and fraud states are computed from.
_OF_LIMITS = (
    *("requested_amount_minor", "requested_amount_base_minor", "requested_amount"),
    *("term_months", "annual_income", "debt_to_income"),
    *EVIDENCE_COUNTS,
)


class ApplicationDecider(PolicyDecider):
    """The model, the policy and the rules that decide the applications of a run."""

    def under(self, policy: Policy) -> Self:
        """Return the same decider under another policy, as the base says."""
        conditions = parsed(policy.require_credit().rules, TYPES)
        policy = Exceptions.of(self.policy).added_to(policy)
        return replace(self, policy=policy, conditions=conditions)

    @property
    def columns_of_outcomes(self) -> frozenset[str]:
        """The columns of limits, fraud states, rules and lists."""
        listed = listed_columns(self.policy, self.conditions, merge.MOMENT)
        return (listed & INPUT_TYPES.keys()) | frozenset(_OF_LIMITS)

    @property
    def columns_of_scores(self) -> frozenset[str]:
        """The columns of the model, and the one that says whether a row has a rate."""
        return frozenset(self.explainer.features if self.explainer else ()) | {
            "requested_amount_base_minor"
        }

    def outcomes(self, columns: Columns, scores: Scores) -> Outcomes:
        """Return the outcomes of n rows, as the base says."""
        answers = self._merged(columns, scores)
        limit = pc.fill_null(ledger_rows.limits_of(columns, answers), -1)
        decisions = answers.decisions
        return Outcomes(decisions.outcome, limit.to_numpy(), decisions.rule_hits, decisions.rules)

    def _matrix(self, columns: Columns, names: Sequence[str]) -> Matrix:
        return matrix_of(columns, names)

    def _scores(self, columns: Columns, matrix: Matrix) -> Scores:
        has_rate = columns["requested_amount_base_minor"].is_valid()
        return self.model.score(matrix, has_rate.to_numpy(zero_copy_only=False))

    def _decided(self, columns: Columns, matrix: Matrix, scores: Scores) -> pa.Table:
        answers = self._merged(columns, scores)
        texts = self._reasons(answers.decisions, answers.inputs, matrix)
        return ledger_rows.of(
            _stamp(self.run),
            columns,
            answers,
            self.policy.require_credit(),
            with_overrides(texts, answers.decisions.overrides),
        )

    def _merged(self, columns: Columns, scores: Scores) -> ledger_rows.Answers:
        credit, second = (scores[answer.name] for answer in ANSWERS)
        requests = requests_of(columns, credit)
        limits = recommend(requests, self.policy.require_credit())
        counts = [columns[name].to_numpy(zero_copy_only=False) for name in EVIDENCE_COUNTS]
        facts = Facts(credit, limits.level, Evidence(*counts))
        decisions = merge.decide(facts, columns, self.policy, self.conditions)
        inputs = ReasonInputs(credit, limits.binding, limits.is_below(requests))
        return ledger_rows.Answers(decisions, limits, inputs, second)

    def _reasons(
        self, decisions: ApplicationDecisions, inputs: ReasonInputs, matrix: Matrix
    ) -> pa.Array:
        """Explain rows that were not approved as requested; other rows are explained on demand."""
        is_counter_offer = inputs.is_reduced & inputs.credit.is_ok
        explained = np.flatnonzero((decisions.outcome > Outcome.APPROVE) | is_counter_offer)
        texts = np.full(len(decisions.outcome), "[]", dtype=object)
        if len(explained) == 0:
            return pa.array(texts, pa.string())
        decisions, inputs = decisions.take(explained), inputs.take(explained)
        is_adverse, rows = inputs.is_model_adverse(decisions), matrix[explained]
        feature_reasons, weights = by_characteristic(self.explainer, rows, is_adverse, VIEW)
        if self.explainer:
            weights = relieving(self.explainer, rows, weights, VIEW)
        pin = self.policy.require_credit().reason_codes
        codes = reason_codes.load(pin.version, pin.sha256)
        rendered = reasons.reasons_of(decisions, inputs, feature_reasons, weights, codes)
        texts[explained] = rendered.to_numpy(zero_copy_only=False)
        return pa.array(texts, pa.string())


def _stamp(run: record.Run) -> ledger_rows.Stamp:
    model_version = str(run.models["credit"].get("version", ""))
    return ledger_rows.Stamp(str(run.run_id), run.feature_view, model_version, run.policy_version)


def requests_of(columns: Columns, credit: ComponentScores) -> Requests:
    """Return the requests of n applicants, in minor units of the base currency.

    Income comes from the feature, because the ledger's hash covers its bits. The request gives the
    minor units per unit, because it has the amount in both.
    """
    amount = _floats(columns, "requested_amount_base_minor")
    with np.errstate(divide="ignore", invalid="ignore"):
        minor_units = np.round(amount / _floats(columns, "requested_amount"))
        income = np.round(_floats(columns, "annual_income") * minor_units)
    return Requests(
        np.nan_to_num(amount).astype(np.int64),
        _floats(columns, "term_months"),
        income,
        _floats(columns, "debt_to_income"),
        credit.values,
    )


def source(table: sql.Composable, run: record.Run) -> sql.Composable:
    """Return the SQL of a run's feature rows with their applicants' card transactions."""
    part = policy.load(run.policy_version, run.policy_sha256).require_credit()
    look_back = timedelta(days=part.fraud_state.look_back_days)
    return card_history.beside(table, look_back, run.known_at_cutoff, run.claimed_at)


def decider_of(run: record.Run, model: Any, settings: Settings) -> ApplicationDecider:  # noqa: ANN401
    """Return the decider of a run with a model; without a model every row is degraded.

    Raises:
        ConfigurationError: the policy file or the exceptions differ from the pinned ones, or the
            policy has no credit part.
    """
    pinned = pinned_policy(run, settings)
    conditions = parsed(pinned.require_credit().rules, TYPES)
    guarded = GuardedModel(model, settings.model_timeout_seconds, ANSWERS)
    return ApplicationDecider(run, guarded, model, pinned, conditions)


def _floats(columns: Columns, name: str) -> NDArray[np.float64]:
    return np.asarray(columns[name].to_numpy(zero_copy_only=False), dtype=np.float64)


DOMAIN = Domain(INPUT_TYPES, input_columns, source, decider_of)
