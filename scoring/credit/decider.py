"""From feature rows to ledger rows: model, limit and policy of one run, applied to a chunk.

A decision is a function of its own row and of the run's pins, so the score step and a replay years
later go through the same lines and get the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import structlog
from numpy.typing import NDArray
from psycopg import sql

from features.errors import ContractError, ModelUnavailableError
from features.objects import ObjectStore
from features.views import APPLICATIONS as VIEW
from scoring import model_files, runs
from scoring.credit import ledger_rows, payments
from scoring.credit.inputs import COUNTS, DECLARED, INPUT_TYPES, input_columns, matrix_of
from scoring.credit.limits import Requests, recommend
from scoring.decision import application_merge, application_reasons, policy, reason_codes
from scoring.decision.application_merge import ApplicationDecisions, Evidence, Facts
from scoring.decision.application_reasons import Told
from scoring.decision.attributions import by_characteristic, relieving
from scoring.decision.merge import ComponentScores
from scoring.decision.outcome import CIRCUMSTANCES, Outcome
from scoring.decision.policy import Conditions, Policy
from scoring.guarded_model import GuardedModel
from scoring.settings import Settings

__all__ = ["INPUT_TYPES", "Decider", "for_replay", "for_run", "input_columns", "source"]

log = structlog.get_logger(__name__)

ROLE = "credit"
ANSWERS = ("default_probability", "second_probability")
Scores = tuple[ComponentScores, ComponentScores]


@dataclass(frozen=True, slots=True)
class Decider:
    """What every application of a run is decided with."""

    run: runs.Run
    model: GuardedModel
    explainer: Any
    policy: Policy
    conditions: Conditions

    def decide(self, rows: pa.Table) -> pa.Table:
        """Decide n applications.

        Args:
            rows: [n] with the columns of `INPUT_TYPES`.

        Returns:
            [n] with the ledger's columns, `decided_at` and `processing_time_ms` excepted.
        """
        columns, matrix = self._inputs(rows)
        return self._decided(columns, matrix, self._scores(columns, matrix))

    def decide_again(self, rows: pa.Table, recorded: pa.Table) -> pa.Table:
        """Decide n applications as they were decided once.

        Args:
            rows: [n], as for `decide`, the applicants' payments from the ledger.
            recorded: [n] with `credit_status` of the ledger. Where the model had failed or was
                missing, that stands: it was an event and no function of the row.
        """
        columns, matrix = self._inputs(rows)
        credit, second = self._scores(columns, matrix)
        then = recorded["credit_status"].to_numpy().astype(object)
        stands = np.isin(then.astype(str), [status.value for status in CIRCUMSTANCES])
        return self._decided(
            columns,
            matrix,
            (
                ComponentScores(
                    np.where(stands, np.nan, credit.values), np.where(stands, then, credit.status)
                ),
                replace(second, values=np.where(stands, np.nan, second.values)),
            ),
        )

    def contributions(self, rows: pa.Table) -> pa.Table:
        """Return what each feature added to the log-odds of n rows: [n, features of the model]."""
        _, matrix = self._inputs(rows)
        parts = self.explainer.contributions(matrix)
        return pa.table(dict(zip(self.explainer.features, parts.T, strict=True)))

    def _inputs(self, rows: pa.Table) -> tuple[dict[str, pa.Array], NDArray[np.float64]]:
        columns = {name: rows.column(name).combine_chunks() for name in rows.column_names}
        names = list(self.explainer.features) if self.explainer else []
        return columns, matrix_of(columns, names) if names else np.empty((rows.num_rows, 0))

    def _scores(self, columns: dict[str, pa.Array], matrix: NDArray[np.float64]) -> Scores:
        has_rate = columns["requested_amount_base_minor"].is_valid()
        return self.model.score(matrix, has_rate.to_numpy(zero_copy_only=False))

    def _decided(
        self, columns: dict[str, pa.Array], matrix: NDArray[np.float64], scores: Scores
    ) -> pa.Table:
        credit, second = scores
        asked = requests_of(columns, credit)
        limits = recommend(asked, self.policy.require_credit())
        evidence = Evidence(*(columns[name].to_numpy(zero_copy_only=False) for name in COUNTS))
        facts = Facts(credit, limits.level, evidence)
        decided = application_merge.decide(facts, columns, self.policy, self.conditions)
        told = Told(credit, limits.binding, limits.is_below(asked))
        return ledger_rows.of(
            self.run,
            columns,
            ledger_rows.Answers(decided, limits, told, second),
            self.policy.require_credit(),
            self._reasons(decided, told, matrix),
        )

    def _reasons(
        self, decided: ApplicationDecisions, told: Told, matrix: NDArray[np.float64]
    ) -> pa.Array:
        """Explain what was not approved as asked; the rest is explained on demand."""
        is_counter_offer = told.is_reduced & told.credit.is_ok
        explained = np.flatnonzero((decided.outcome > Outcome.APPROVE) | is_counter_offer)
        texts = np.full(len(decided.outcome), "[]", dtype=object)
        if len(explained) == 0:
            return pa.array(texts, pa.string())
        subset, said = decided.take(explained), told.take(explained)
        asked, chosen = said.asks_model(subset), matrix[explained]
        speakers, weights = by_characteristic(self.explainer, chosen, asked, VIEW)
        if self.explainer:
            weights = relieving(self.explainer, chosen, weights, VIEW)
        pin = self.policy.require_credit().reason_codes
        codes = reason_codes.load(pin.version, pin.sha256)
        rendered = application_reasons.reasons_of(subset, said, speakers, weights, codes)
        texts[explained] = rendered.to_numpy(zero_copy_only=False)
        return pa.array(texts, pa.string())


def requests_of(columns: dict[str, pa.Array], credit: ComponentScores) -> Requests:
    """Return what n applicants ask for, in minor units of the base currency.

    Income comes from the feature, whose bits the ledger's hash covers; minor units of it follow
    from the request, which stands in both.
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


def source(table: sql.Composable, run: runs.Run) -> sql.Composable:
    """Return the SQL of a run's feature rows beside their applicants' card payments."""
    part = policy.load(run.policy_version, run.policy_sha256).require_credit()
    look_back = timedelta(days=part.fraud_state.look_back_days)
    return payments.beside(table, look_back, run.known_at_cutoff, run.claimed_at)


def for_run(found: runs.Run, settings: Settings, store: ObjectStore) -> Decider:
    """Return the decider of a run; without its model, every row will be degraded.

    Raises:
        ConfigurationError: the pinned policy is not the file that was pinned, or decides no
            applications.
        ContractError: the model wants features that the view does not have.
    """
    try:
        return for_replay(found, settings, store)
    except ModelUnavailableError as error:
        # the rows are decided all the same, each as a review or stricter, and counted as degraded
        log.error("model_unavailable", model=found.models[ROLE].get("name"), reason=str(error))
        return _decider(found, None, settings)


def for_replay(found: runs.Run, settings: Settings, store: ObjectStore) -> Decider:
    """Return the decider of a run with exactly what it had pinned.

    Raises:
        ModelUnavailableError: the pinned model file is gone or altered.
        ConfigurationError: the pinned policy is not the file that was pinned.
    """
    if found.models[ROLE].get("version") == "none":  # the policy let it go on without
        return _decider(found, None, settings)
    pin = model_files.ModelPin.of(found.models[ROLE])
    return _decider(found, model_files.load(pin, store, settings.work / "models"), settings)


def _decider(found: runs.Run, model: Any, settings: Settings) -> Decider:  # noqa: ANN401
    if model and (unknown := sorted(set(model.features) - set(VIEW.columns))):
        pin = found.models[ROLE]
        raise ContractError(
            f"model {pin['name']} version {pin['version']} wants features that the view "
            f"{VIEW.qualified} does not have: {', '.join(unknown[:5])}; nothing was scored. Move "
            "the alias to a version that was trained on this view, and claim the window again"
        )
    pinned = policy.load(found.policy_version, found.policy_sha256)
    conditions = policy.parsed(pinned.require_credit().rules, DECLARED)
    guarded = GuardedModel(model, settings.model_timeout_seconds, ANSWERS)
    return Decider(found, guarded, model, pinned, conditions)


def _floats(columns: dict[str, pa.Array], name: str) -> NDArray[np.float64]:
    return np.asarray(columns[name].to_numpy(zero_copy_only=False), dtype=np.float64)
