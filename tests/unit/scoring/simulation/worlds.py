"""Worlds whose truth is known: every row has an outcome, declined or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Flags, Floats, Levels
from scoring.simulation.tally import CLUSTERS, Chunk, Label, Tally


@dataclass(frozen=True)
class World:
    """n rows that two cut-offs on a score decide.

    Attributes:
        score: [n] the calibrated probability, which the outcomes follow.
        is_bad: [n] the truth.
        stored, new: [n] outcomes of the policy before and after.
        tally: the counts, in which a declined row has no outcome.
    """

    score: Floats
    is_bad: Flags
    stored: Levels
    new: Levels
    tally: Tally

    def bad_rate(self, members: Flags) -> float:
        """Return the true bad rate of some rows."""
        return float(self.is_bad[members].mean())


def a_world(
    seed: int,
    before: tuple[float, float] = (0.2, 0.4),
    after: tuple[float, float] = (0.3, 0.6),
    *,
    factor: float = 1.0,
    rows: int = 20_000,
) -> World:
    """Return a world.

    Args:
        seed: of the draws.
        before: cut-offs for review and decline of the policy in force.
        after: those of the candidate.
        factor: how many times as bad as their score declined rows are.
        rows: n.
    """
    draw = np.random.default_rng(seed)
    score = draw.beta(1.5, 6.0, rows)
    stored, new = (np.digitize(score, cut).astype(np.int8) for cut in (before, after))
    truth = np.minimum(1.0, np.where(stored == 2, score * factor, score))
    is_bad = draw.random(rows) < truth
    label = np.where(stored == 2, Label.DECLINED, np.where(is_bad, Label.BAD, Label.GOOD))
    tally = Tally(("high",))
    tally.add(
        Chunk(
            stored=stored,
            by_policy=new,
            by_model=stored,
            new=new,
            label=label.astype(np.int8),
            amount=np.full(rows, 1000.0),
            score=score,
            cluster=draw.integers(0, CLUSTERS, rows).astype(np.int32),
            day=draw.integers(20_000, 20_030, rows).astype(np.int32),
            rule_hits=(score > 0.5)[:, None],
            limit_change=None,
        )
    )
    return World(score, is_bad, stored, new, tally)
