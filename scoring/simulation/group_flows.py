"""Counts the approvals of protected groups before and after, chunk by chunk.

Role `fairness` alone reads protected attributes. Only counts leave a chunk.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from scoring.decision.outcome import Outcome
from scoring.simulation.report import GroupFlow
from scoring.simulation.tally import Chunk

if TYPE_CHECKING:
    from features.platform.settings import Settings
    from scoring.decision.observation import Impact, Observation


#: Smaller groups are left out: their rates vary by chance, and few rows could name a person.
FEWEST_ROWS = 100


class GroupFlows:
    """The counts of a domain's groups; none where it holds no protected attribute."""

    def __init__(self, observation: Observation, settings: Settings) -> None:
        self.observation = observation
        self.settings = settings
        self.counts: dict[str, Counter[tuple[str, bool, bool]]] = {}

    def add(self, rows: pa.Table, chunk: Chunk) -> None:
        """Count n rows.

        Args:
            rows: [n] with the key of each row.
            chunk: of the same rows.
        """
        if self.observation.groups is None:
            return
        groups = self.observation.groups(rows.column("subject_key").to_pylist(), self.settings)
        is_before = chunk.stored == Outcome.APPROVE
        is_after = chunk.new == Outcome.APPROVE
        for attribute, group in groups.items():
            counted = self.counts.setdefault(attribute, Counter())
            known = np.array([each is not None for each in group])
            for name in sorted(set(group[known]), key=str):
                members = known & (group == name)
                for before in (False, True):
                    for after in (False, True):
                        number = int((members & (is_before == before) & (is_after == after)).sum())
                        counted[str(name), before, after] += number

    def flows(self) -> tuple[GroupFlow, ...]:
        """Return the approvals of each group before and after."""
        before, after = (self._impacts(side) for side in (1, 2))
        later = {(impact.attribute, impact.group): impact for impact in after}
        return tuple(GroupFlow(impact, later[impact.attribute, impact.group]) for impact in before)

    def _impacts(self, side: int) -> list[Impact]:
        """Measure one side of the counts: 1 before, 2 after."""
        if self.observation.impacts is None:
            return []
        impacts: list[Impact] = []
        for attribute, counted in self.counts.items():
            keys, numbers = list(counted), list(counted.values())
            names = np.array([key[0] for key in keys], dtype=object)
            approved = np.array([key[side] for key in keys], dtype=bool)
            impacts += self.observation.impacts(
                np.repeat(approved, numbers), {attribute: np.repeat(names, numbers)}
            )
        return impacts
