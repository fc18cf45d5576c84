"""Holds the deciders of a simulation: the candidate's, and those of the policies that decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pyarrow as pa

from features.platform.arrays import Columns, Flags
from features.platform.errors import ConfigurationError, ModelUnavailableError
from scoring import domains
from scoring.decider import Outcomes, PolicyDecider, Scores, recorded_scores
from scoring.runs import record
from scoring.runs.job import Job
from scoring.runs.record import Run
from scoring.simulation.order import Order
from scoring.simulation.stored_rows import STORED_LIMIT, DecidedBy
from scoring.simulation.tally import Chunk

if TYPE_CHECKING:
    from features.platform.objects import ObjectStore
    from features.platform.settings import Settings


@dataclass(frozen=True, slots=True)
class Deciders:
    """The deciders of one simulation.

    Attributes:
        own: by name, of the policies with exceptions that decided the rows.
        candidates: by the same names, the candidate's with the same exceptions; with the model of
            the order if it has one.
        has_model: whether the model of the order scores the rows anew.
    """

    own: dict[str, PolicyDecider]
    candidates: dict[str, PolicyDecider]
    has_model: bool

    @classmethod
    def of(
        cls,
        connection: psycopg.Connection[Any],
        order: Order,
        decided: list[DecidedBy],
        settings: Settings,
        store: ObjectStore,
    ) -> Deciders:
        """Make them; each version of a policy has decided at least one run."""
        job = order.job
        model = None if order.pin is None else domains.load_model(job, order.pin, settings, store)
        own: dict[str, PolicyDecider] = {}
        for each in decided:
            if each.name in own:
                raise ConfigurationError(
                    f"policy {each.policy_version} was edited after it was pinned: a change is a "
                    "new file and version"
                )
            run = record.load(connection, each.run_id)
            own[each.name] = policy_decider(job, run, model, settings)
        candidates = {name: decider.under(order.policy) for name, decider in own.items()}
        return cls(own, candidates, model is not None)

    @property
    def new(self) -> PolicyDecider:
        """A decider of the candidate; which exceptions it has does not show in scores and rules."""
        return next(iter(self.candidates.values()))

    @property
    def columns(self) -> frozenset[str]:
        """The columns of the domain's `INPUT_TYPES` that the deciders read."""
        deciders = (*self.candidates.values(), *self.own.values())
        needed = frozenset[str]().union(*(each.columns_of_outcomes for each in deciders))
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
        own = _outcomes(self.own, columns, recorded)
        by_policy = _outcomes(self.candidates, columns, recorded)
        new, by_model = by_policy, own
        if self.has_model:
            new = _outcomes(self.candidates, columns, scores)
            by_model = _outcomes(self.own, columns, scores)
        change, is_other = None, own.level != stored
        is_moved = new.level != stored
        if STORED_LIMIT in columns and new.limit_minor is not None:
            limit = columns[STORED_LIMIT].fill_null(-1).to_numpy()
            change = new.limit_minor - limit
            is_other = is_other | (own.limit_minor != limit)
            is_moved = is_moved | (change != 0)
        first_answer = self.new.model.answers[0].name
        chunk = Chunk(
            stored=stored,
            by_policy=by_policy.level,
            by_model=by_model.level,
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


def _outcomes(deciders: Mapping[str, PolicyDecider], columns: Columns, scores: Scores) -> Outcomes:
    """Return the outcomes of rows, each by the decider that its stored policy names.

    Args:
        deciders: by the name of a stored policy.
        columns: with `stored_policy`.
        scores: by the name of the answer.

    Returns:
        [n]; without rules and hits where the deciders have different rules.
    """
    versions = columns["stored_policy"].dictionary_encode()
    names = versions.dictionary.to_pylist()
    if len(names) < 2:
        decider = deciders[names[0]] if names else next(iter(deciders.values()))
        return decider.outcomes(columns, scores)
    codes = versions.indices.to_numpy()
    places = [np.flatnonzero(codes == code) for code in range(len(names))]
    parts = [
        deciders[name].outcomes(
            {key: array.take(pa.array(rows)) for key, array in columns.items()},
            {key: each.take(rows) for key, each in scores.items()},
        )
        for name, rows in zip(names, places, strict=True)
    ]
    order = np.argsort(np.concatenate(places))
    limits = [part.limit_minor for part in parts if part.limit_minor is not None]
    has_same_rules = all(part.rules == parts[0].rules for part in parts)
    hits = [part.rule_hits if has_same_rules else part.rule_hits[:, :0] for part in parts]
    return Outcomes(
        np.concatenate([part.level for part in parts])[order],
        np.concatenate(limits)[order] if len(limits) == len(parts) else None,
        np.concatenate(hits)[order],
        parts[0].rules if has_same_rules else (),
    )


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
