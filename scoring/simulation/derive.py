"""Derives the parts of a report from the counts of a simulation. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from features.platform.arrays import Integers
from scoring.decision.outcome import Outcome
from scoring.decision.policy.policy import Policy
from scoring.simulation.bounds import Bounds, bounds_of, flips_at
from scoring.simulation.flows import cells_where
from scoring.simulation.rates import Rate, bad_rate
from scoring.simulation.report import Corner, ReviewLoad, Reviews, RuleHits
from scoring.simulation.tally import Label, Tally

if TYPE_CHECKING:
    from scoring.decision.pricing import Pricing

APPROVED = Outcome.APPROVE
STORED, CANDIDATE = "stored", "candidate"


def swapped_in_cells() -> list[int]:
    """Return the cells that only the candidate approves."""
    return [cell for cell in cells_where(None, APPROVED) if cell not in _kept()]


def swapped_out_cells() -> list[int]:
    """Return the cells that only the ledger approves."""
    return [cell for cell in cells_where(APPROVED, None) if cell not in _kept()]


def _kept() -> list[int]:
    return cells_where(APPROVED, APPROVED)


def approved(tally: Tally, multiplier: float) -> tuple[Bounds, Bounds]:
    """Return the bad rates of the approved rows before and after."""
    return (
        bounds_of(tally, cells_where(APPROVED, None), multiplier),
        bounds_of(tally, cells_where(None, APPROVED), multiplier),
    )


def swap_rates(tally: Tally) -> tuple[Rate | None, Rate | None]:
    """Return the bad rates of the observed rows that are swapped in, and swapped out."""
    inside, outside = (
        bad_rate(tally.clusters[:, cells].sum(axis=1))
        for cells in (swapped_in_cells(), swapped_out_cells())
    )
    return inside, outside


def conclusion_flips_at(before: Bounds, after: Bounds) -> float | None:
    """Return the bad rate of unobserved rows at which both policies are equal; None if none is."""
    if before.low is None:
        return None
    return flips_at(after, before.low)


def reviews(tally: Tally, policy: Policy, pricing: Pricing) -> Reviews | None:
    """Return the review load before and after; None without decisions."""
    if not tally.days:
        return None
    table = np.stack([tally.days[day] for day in sorted(tally.days)])
    team = policy.review_team
    minutes = pricing.minutes(team) if team else None
    capacity = pricing.capacity(team) if team else None
    return Reviews(
        _load(table[:, 1], minutes),
        _load(table[:, 2], minutes),
        capacity,
        None if capacity is None else int((table[:, 2] > capacity).sum()),
        len(table),
    )


def _load(per_day: Integers, minutes: int | None) -> ReviewLoad:
    p95 = float(np.percentile(per_day, 95))
    hours = None if minutes is None else p95 * minutes / 60
    return ReviewLoad(float(per_day.mean()), p95, int(per_day.max()), hours)


def rules(tally: Tally) -> tuple[RuleHits, ...]:
    """Return what each rule of the candidate hits."""
    all_bad = int(tally.bands[:, :, Label.BAD].sum())
    return tuple(
        _rule(rule_id, tally.hits[place], tally.alone[place], all_bad)
        for place, rule_id in enumerate(tally.rules)
    )


def _rule(rule_id: str, hits: Integers, alone: Integers, all_bad: int) -> RuleHits:
    bad, observed = int(hits[Label.BAD]), int(hits[Label.BAD] + hits[Label.GOOD])
    return RuleHits(
        rule_id,
        int(hits.sum()),
        observed,
        bad / observed if observed else None,
        bad / all_bad if all_bad else None,
        int(alone.sum()),
    )


def corners(tally: Tally, *, has_model: bool) -> tuple[Corner, ...]:
    """Return policy by model: which rows move for which of the two."""
    named: Sequence[tuple[str, str, int]] = [
        (STORED, STORED, 0),
        (CANDIDATE, STORED, 1),
        (STORED, CANDIDATE, 2),
        (CANDIDATE, CANDIDATE, 3),
    ]
    return tuple(_corner(tally, *one) for one in named[: 4 if has_model else 2])


def _corner(tally: Tally, policy: str, model: str, axis: int) -> Corner:
    others = tuple(place for place in range(4) if place not in {0, axis})
    flow = tally.corners.sum(axis=others)
    if axis == 0:
        approve, review, decline = (int(count) for count in flow)
        return Corner(policy, model, approve, review, decline, 0)
    approve, review, decline = (int(count) for count in flow.sum(axis=0))
    return Corner(policy, model, approve, review, decline, int(flow.sum() - np.trace(flow)))
