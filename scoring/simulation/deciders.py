"""Holds the deciders of a simulation: the candidate's, and those of the policies that decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pyarrow as pa

from features.platform.arrays import Columns, Flags, Integers, Levels
from features.platform.errors import (
    ConfigurationError,
    ContractError,
    ModelUnavailableError,
)
from scoring import domains
from scoring.decider import Outcomes, PolicyDecider, Scores, recorded_scores
from scoring.runs import record
from scoring.runs.job import Job
from scoring.runs.record import Run
from scoring.simulation.order import Order
from scoring.simulation.stored_rows import STORED_LIMIT
from scoring.simulation.tally import Chunk

if TYPE_CHECKING:
    from features.platform.objects import ObjectStore
    from features.platform.settings import Settings


@dataclass(frozen=True, slots=True)
class Deciders:
    """The deciders of one simulation.

    Attributes:
        new: the candidate's, with the model of the order if it has one.
        own: by version, of the policies that decided the rows.
        has_model: whether the model of the order scores the rows anew.
    """

    new: PolicyDecider
    own: dict[str, PolicyDecider]
    has_model: bool

    @classmethod
    def of(
        cls,
        connection: psycopg.Connection[Any],
        order: Order,
        decided: list[tuple[str, str, int]],
        settings: Settings,
        store: ObjectStore,
    ) -> Deciders:
        """Make them; each version of a policy has decided at least one run."""
        job = order.job
        model = None if order.pin is None else domains.load_model(job, order.pin, settings, store)
        own: dict[str, PolicyDecider] = {}
        for version, sha256, _ in decided:
            run = record.find(
                connection,
                "job = %(job)s and policy_version = %(version)s and policy_sha256 = %(sha256)s "
                "order by claimed_at limit 1",
                job=job.name,
                version=version,
                sha256=sha256,
            )
            if run is None:
                raise ContractError(f"no run of {job.name} has pinned policy {version}")
            if version in own:
                raise ConfigurationError(
                    f"policy {version} was edited after it was pinned: a change is a new file and "
                    "version"
                )
            own[version] = policy_decider(job, run, model, settings)
        first = next(iter(own.values()))
        return cls(first.under(order.policy), own, model is not None)

    @property
    def columns(self) -> frozenset[str]:
        """The columns of the domain's `INPUT_TYPES` that the deciders read."""
        needed = frozenset[str]().union(
            *(decider.columns_of_outcomes for decider in (self.new, *self.own.values()))
        )
        return needed | self.new.columns_of_scores if self.has_model else needed

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """The ids of the candidate's rules of this job."""
        return tuple(rule.rule_id for rule, _ in self.new.conditions)

    def decide(self, rows: pa.Table) -> tuple[Chunk, Flags, Flags]:
        """Decide n rows.

        Returns:
            The chunk; whether a row's own policy decides otherwise than the ledger says; and
            whether its outcome or limit moves.
        """
        columns = {name: rows.column(name).combine_chunks() for name in rows.column_names}
        recorded = recorded_scores(rows, self.new.model.answers)
        scores = self._new_scores(rows) if self.has_model else recorded
        stored = columns["stored_level"].to_numpy()
        own, own_limit = self._by_own(columns, recorded)
        by_policy = self.new.outcomes(columns, recorded)
        new = self.new.outcomes(columns, scores) if self.has_model else by_policy
        by_model = self._by_own(columns, scores)[0] if self.has_model else own
        change, is_other = None, own != stored
        is_moved = new.level != stored
        if STORED_LIMIT in columns and new.limit_minor is not None and own_limit is not None:
            limit = columns[STORED_LIMIT].fill_null(-1).to_numpy()
            change = new.limit_minor - limit
            is_other = is_other | (own_limit != limit)
            is_moved = is_moved | (change != 0)
        first_answer = self.new.model.answers[0].name
        chunk = Chunk(
            stored=stored,
            by_policy=by_policy.level,
            by_model=by_model,
            new=new.level,
            label=columns["label"].to_numpy(),
            amount=columns["amount_at_stake"].to_numpy(),
            score=scores[first_answer].values,
            cluster=columns["customer_cluster"].to_numpy(),
            day=columns["event_day"].to_numpy(),
            rule_hits=new.rule_hits,
            limit_change=change,
        )
        return chunk, is_other, is_moved

    def _new_scores(self, rows: pa.Table) -> Scores:
        scores = self.new.scores_of(rows)
        if rows.num_rows and not any(each.is_ok.any() for each in scores.values()):
            status = next(iter(scores.values())).status[0]
            raise ModelUnavailableError(
                f"the model answers for none of {rows.num_rows} rows ({status}); name another "
                "version by --model"
            )
        return scores

    def _by_own(self, columns: Columns, scores: Scores) -> tuple[Levels, Integers | None]:
        """Return outcome and limit of each row under the policy that decided it."""
        versions = columns["stored_policy"].dictionary_encode()
        names = versions.dictionary.to_pylist()
        if len(names) == 1:
            outcomes = self._own_outcomes(names[0], columns, scores)
            return outcomes.level, outcomes.limit_minor
        codes = versions.indices.to_numpy()
        level = np.zeros(len(codes), dtype=np.int8)
        limit = np.full(len(codes), -1, dtype=np.int64) if STORED_LIMIT in columns else None
        for code, name in enumerate(names):
            places = np.flatnonzero(codes == code)
            part = {key: array.take(pa.array(places)) for key, array in columns.items()}
            taken = {key: each.take(places) for key, each in scores.items()}
            outcomes = self._own_outcomes(name, part, taken)
            level[places] = outcomes.level
            if limit is not None and outcomes.limit_minor is not None:
                limit[places] = outcomes.limit_minor
        return level, limit

    def _own_outcomes(self, version: str, columns: Columns, scores: Scores) -> Outcomes:
        return self.own[version].outcomes(columns, scores)


def policy_decider(
    job: Job,
    run: Run,
    model: Any,  # noqa: ANN401
    settings: Settings,
) -> PolicyDecider:
    """Return the decider of a run with a model, or without one.

    Raises:
        ConfigurationError: the policy file differs from the pinned one, or the job has no policy
            that decides its outcomes.
    """
    decider = job.decides().decider_of(run, model, settings)
    if not isinstance(decider, PolicyDecider):
        raise ConfigurationError(f"{job.name} has no outcomes that a policy decides")
    return decider
