"""Turn feature rows into ledger rows: a run's model answers first, if it has one, then it decides.

A decision is a function of its own row and of the run's pins. The score step and a replay years
later run the same lines and get the same bits.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
from psycopg import sql

from features.platform.arrays import Columns, Flags, Integers, Levels, Matrix
from features.platform.settings import Settings
from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import CIRCUMSTANCES
from scoring.decision.policy.policy import Conditions, Policy, Rule
from scoring.models.guarded_model import GuardedModel
from scoring.runs.job import Answer
from scoring.runs.record import Run

#: By the name of the answer.
Scores = Mapping[str, ComponentScores]


@dataclass(frozen=True, slots=True)
class Decider(ABC):
    """Decides every row of one run by the run's pins.

    Attributes:
        run: the run; its pins count.
    """

    run: Run

    @abstractmethod
    def decide(self, rows: pa.Table) -> pa.Table:
        """Decide n rows.

        Args:
            rows: [n] with the columns of the domain's `INPUT_TYPES`.

        Returns:
            [n] with the ledger's columns, except `decided_at` and `processing_time_ms`.
        """

    def decide_again(self, rows: pa.Table, recorded: pa.Table) -> pa.Table:  # noqa: ARG002
        """Decide n rows as they were decided once.

        Args:
            rows: [n], as for `decide`; columns that are no features come from the ledger.
            recorded: [n] with `model_version` and the statuses of the ledger; without a model
                none is an event.
        """
        return self.decide(rows)

    @property
    def is_complete(self) -> bool:
        """Whether the run has all that decides its rows."""
        return True

    def deciding(self, model_version: str) -> Decider:  # noqa: ARG002 - most runs have one model
        """Return the decider of the rows of the ledger that name a version of the model."""
        return self

    def contributions(self, rows: pa.Table) -> pa.Table:  # noqa: ARG002
        """Return each feature's share of the log-odds of n rows: [n, features]; none by default."""
        return pa.table({})

    def lines(self, rows: pa.Table) -> list[str]:  # noqa: ARG002 - most jobs have reasons instead
        """Return lines for a person about one decided row: [1]; empty unless the job has some."""
        return []


@dataclass(frozen=True, slots=True)
class ModelDecider(Decider):
    """The model that decides every row of one run.

    Attributes:
        model: the model behind its guard.
        explainer: the model itself, for reasons; None where the run has no model.
    """

    model: GuardedModel
    explainer: Any

    def decide(self, rows: pa.Table) -> pa.Table:
        """Decide n rows, as the base says."""
        columns, matrix = self._inputs(rows)
        return self._decided(columns, matrix, self._scores(columns, matrix))

    def decide_again(self, rows: pa.Table, recorded: pa.Table) -> pa.Table:
        """Decide n rows as they were decided once.

        A recorded failure of the model is kept: it was an event and no function of the row.
        """
        columns, matrix = self._inputs(rows)
        scores = {
            answer.name: _as_recorded(component, recorded[answer.status])
            for answer, component in self._answers(columns, matrix)
        }
        return self._decided(columns, matrix, scores)

    def _answers(
        self, columns: Columns, matrix: Matrix
    ) -> Iterator[tuple[Answer, ComponentScores]]:
        scores = self._scores(columns, matrix)
        return ((answer, scores[answer.name]) for answer in self.model.answers)

    @property
    def is_complete(self) -> bool:
        """Whether the run has its model."""
        return self.explainer is not None

    def contributions(self, rows: pa.Table) -> pa.Table:
        """Return each feature's share of the log-odds of n rows: [n, features of the model]."""
        if not hasattr(self.explainer, "contributions"):
            return pa.table({})
        _, matrix = self._inputs(rows)
        parts = self.explainer.contributions(matrix)
        return pa.table(dict(zip(self.explainer.features, parts.T, strict=True)))

    def _inputs(self, rows: pa.Table) -> tuple[Columns, Matrix]:
        columns = {name: rows.column(name).combine_chunks() for name in rows.column_names}
        names = list(self.explainer.features) if self.explainer else []
        return columns, self._matrix(columns, names) if names else np.empty((rows.num_rows, 0))

    @abstractmethod
    def _matrix(self, columns: Columns, names: Sequence[str]) -> Matrix:
        """Return the model's input: [n, names], null = NaN."""

    @abstractmethod
    def _scores(self, columns: Columns, matrix: Matrix) -> Scores:
        """Return every answer of the model; a row that it must not score has a status instead."""

    @abstractmethod
    def _decided(self, columns: Columns, matrix: Matrix, scores: Scores) -> pa.Table:
        """Return the ledger rows that follow from the scores."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The outcomes of n rows without their reasons, which cost most of the time.

    Attributes:
        level: [n] of `Outcome`.
        limit_minor: [n] recommended limits in minor units of the row's currency, -1 where there is
            none; None in a domain without limits.
        rule_hits: [n, rules], without suppressed hits.
        rules: the rules of the policy.
    """

    level: Levels
    limit_minor: Integers | None
    rule_hits: Flags
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class PolicyDecider(ModelDecider):
    """A decider whose outcomes follow from the scores and from the pinned policy.

    Attributes:
        policy: the pinned policy.
        conditions: the parsed rules of the policy.
    """

    policy: Policy
    conditions: Conditions

    @abstractmethod
    def under(self, policy: Policy) -> Self:
        """Return the decider of the same run and model under another policy.

        The exceptions that the run has pinned stay.

        Raises:
            ConfigurationError: the policy does not decide this domain, or a rule cannot run.
        """

    @property
    @abstractmethod
    def columns_of_outcomes(self) -> frozenset[str]:
        """The columns of the domain's `INPUT_TYPES` that `outcomes` reads."""

    @property
    @abstractmethod
    def columns_of_scores(self) -> frozenset[str]:
        """The columns of the domain's `INPUT_TYPES` that `scores_of` reads."""

    @abstractmethod
    def outcomes(self, columns: Columns, scores: Scores) -> Outcomes:
        """Return the outcomes of n rows that have their scores already.

        Args:
            columns: at least `columns_of_outcomes`; each [n].
            scores: by the name of the answer.
        """

    def scores_of(self, rows: pa.Table) -> Scores:
        """Return the scores of n rows by the model.

        Args:
            rows: [n] with the columns of the domain's `INPUT_TYPES`.
        """
        return self._scores(*self._inputs(rows))

    def decide_recorded(self, rows: pa.Table, recorded: pa.Table) -> pa.Table:
        """Decide n rows by the scores of their record; no model scores them again.

        Args:
            rows: [n], as for `decide`.
            recorded: [n] with the statuses and values of every answer.

        Returns:
            As `decide`.
        """
        columns, matrix = self._inputs(rows)
        return self._decided(columns, matrix, recorded_scores(recorded, self.model.answers))


@dataclass(frozen=True, slots=True)
class Domain:
    """How a job's rows are read and decided.

    Attributes:
        input_types: Arrow types of the columns that the decider reads.
        input_columns: returns the SQL of those columns from table `features`; the arguments name
            the table with the revision and the table with the columns that are no features.
        source: returns the SQL of the tables from which a run reads them, given its feature table.
        decider_of: makes the decider of a run with its model, or with None without a model.
    """

    input_types: Mapping[str, pa.DataType]
    input_columns: Callable[[str, str], sql.Composable]
    source: Callable[[sql.Composable, Run], sql.Composable]
    decider_of: Callable[[Run, Any, Settings], Decider]


def recorded_scores(recorded: pa.Table, answers: Sequence[Answer]) -> Scores:
    """Return the scores that the ledger holds for n rows.

    Args:
        recorded: [n] with status and value of each answer; a value without a score is null.
        answers: the answers of the job.
    """
    return {
        answer.name: ComponentScores(
            recorded.column(answer.name).to_numpy(),
            recorded.column(answer.status).to_numpy().astype(object),
        )
        for answer in answers
    }


def listed_columns(policy: Policy, conditions: Conditions, moment: str) -> frozenset[str]:
    """Return the columns that the rules and lists of a policy read.

    Args:
        policy: its lists name customers or merchants.
        conditions: the parsed rules.
        moment: the column with the moment at which a listing must be in force.
    """
    names = {name for _, condition in conditions for name in condition.tree.columns}
    if policy.allow_list or policy.suppressions:
        names |= {"customer_id", "merchant_id", moment}
    return frozenset(names)


def features_alone(table: sql.Composable, _run: Run) -> sql.Composable:
    """Return the SQL of a run's feature table, for a domain that reads nothing else."""
    return sql.SQL("{} as features").format(table)


def _as_recorded(scores: ComponentScores, recorded: pa.ChunkedArray) -> ComponentScores:
    then = recorded.to_numpy().astype(object)
    is_kept = np.isin(then.astype(str), [status.value for status in CIRCUMSTANCES])
    values = scores.values.copy()
    values[is_kept] = np.nan
    return ComponentScores(values, np.where(is_kept, then, scores.status))
