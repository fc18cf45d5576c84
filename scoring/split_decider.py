"""Decides a run with two models: the challenger decides a drawn share of the customers.

A draw by the salt of the pinned policy says whose turn a customer is, so that a customer always
meets the same model. The column `model_version` of the ledger says which model decided a row. Where
the challenger gives no answer, the champion decides the row, and the ledger names the champion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import structlog

from features.platform.arrays import Flags
from scoring.decider import Decider
from scoring.decision import draws
from scoring.decision.outcome import CIRCUMSTANCES
from scoring.decision.policy.split import Split
from scoring.runs.job import Job

log = structlog.get_logger(__name__)

VERSION = "model_version"
_FAILURES = pa.array([str(status) for status in CIRCUMSTANCES])


@dataclass(frozen=True, slots=True)
class SplitDecider(Decider):
    """The champion and the challenger that decide the rows of one run.

    Attributes:
        job: the job of the run.
        split: of the pinned policy.
        champion: decides all other rows.
        challenger: decides the drawn customers.
        challenger_version: the version that the challenger's rows have in the ledger.
    """

    job: Job
    split: Split
    champion: Decider
    challenger: Decider
    challenger_version: str

    def decide(self, rows: pa.Table) -> pa.Table:
        """Decide n rows, as the base says."""
        return _in_parts(rows, self._is_drawn(rows), self._challenged, self.champion.decide)

    def decide_again(self, rows: pa.Table, recorded: pa.Table) -> pa.Table:
        """Decide n rows as they were decided once.

        A drawn row that the champion has decided stays with the champion: that the challenger gave
        no answer was an event and no function of the row.
        """
        decided = pc.equal(recorded[VERSION], self.challenger_version)
        is_challenged = self._is_drawn(rows) & decided.to_numpy()
        both = pa.table(
            {f"row {name}": rows[name] for name in rows.column_names}
            | {f"then {name}": recorded[name] for name in recorded.column_names}
        )

        def again(decider: Decider) -> Callable[[pa.Table], pa.Table]:
            return lambda part: decider.decide_again(
                _columns(part, "row ", rows), _columns(part, "then ", recorded)
            )

        return _in_parts(both, is_challenged, again(self.challenger), again(self.champion))

    def deciding(self, model_version: str) -> Decider:
        """Return the decider of the rows that name a version."""
        return self.challenger if model_version == self.challenger_version else self.champion

    def _is_drawn(self, rows: pa.Table) -> Flags:
        subjects = rows[self.job.slot.split_by]
        return draws.is_drawn(subjects, self.split.salt, self.split.share)

    def _challenged(self, rows: pa.Table) -> pa.Table:
        """Decide rows by the challenger, and by the champion where it gives no answer."""
        decided = self.challenger.decide(rows)
        has_failed = np.zeros(rows.num_rows, dtype=bool)
        for status in self.job.components:
            has_failed |= pc.is_in(decided[status], _FAILURES).to_numpy()
        if not has_failed.any():
            return decided
        log.warning(
            "challenger_gave_no_answer", run_id=str(self.run.run_id), rows=int(has_failed.sum())
        )
        return _in_parts(
            rows,
            has_failed,
            self.champion.decide,
            lambda _: decided.filter(pa.array(~has_failed)),
        )


def _in_parts(
    rows: pa.Table,
    is_first: Flags,
    first: Callable[[pa.Table], pa.Table],
    second: Callable[[pa.Table], pa.Table],
) -> pa.Table:
    """Return the decisions of two deciders in the order of the rows.

    Args:
        rows: [n].
        is_first: [n].
        first: decides the rows that are.
        second: decides the others.
    """
    if not is_first.any():
        return second(rows)
    if is_first.all():
        return first(rows)
    parts = first(rows.filter(pa.array(is_first))), second(rows.filter(pa.array(~is_first)))
    order = np.argsort(np.concatenate([np.flatnonzero(is_first), np.flatnonzero(~is_first)]))
    return pa.concat_tables(parts).take(pa.array(order)).combine_chunks()


def _columns(table: pa.Table, prefix: str, like: pa.Table) -> pa.Table:
    return pa.table({name: table[prefix + name] for name in like.column_names})
