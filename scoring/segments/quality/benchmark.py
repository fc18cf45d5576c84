"""Follow the customers of one merchant over nights, and hold the segments against their bars. Pure.

The nights are assigned as the nightly job does: with one model, each from the state before. No run
and no ledger is needed for that, because a decision is a function of its row and of the state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from features.platform.arrays import Codes, Flags, Floats, Matrix
from scoring.quality.checks import Check
from scoring.segments import naming
from scoring.segments.assignment import NONE, Assigned, Night, State, move_reasons
from scoring.segments.clustering import LEAST_AGREEMENT
from scoring.segments.fitting import Fit
from scoring.segments.levels import LEVELS
from scoring.segments.model import SegmentModel
from scoring.segments.points import LOOK_BACK_DAYS
from scoring.segments.rows import Customers
from scoring.segments.stability import History, migration, moved_share

SILENCE_DAYS = 365.0


@dataclass(slots=True)
class Followed:
    """The nights of all customers that had a segment at least once.

    Attributes:
        customers: [m] their ids, in order.
        history: their segments, the night of the fit first.
        reasons: the number of moves by reason, new customers excepted.
        leaving: per customer that is inactive on the last night, whether a purchase of that night
            after a year of silence would have led it out.
    """

    customers: Codes
    history: History = field(default_factory=History)
    reasons: Counter[str] = field(default_factory=Counter)
    leaving: Flags = field(default_factory=lambda: np.empty(0, dtype=bool))

    def migration(self) -> Codes:
        """Return the customers by segment on the first and on the last night: [9, 9]."""
        return migration(self.history.segments[0], self.history.segments[-1])


def follow(model: SegmentModel, first: Customers, nights: Iterable[Customers]) -> Followed:
    """Assign the customers of one merchant night by night.

    Args:
        model: fitted on the first night.
        first: the night of the fit.
        nights: the nights after it, in order.
    """
    everyone = [first, *nights]
    ids = np.unique(np.concatenate([night.customer.astype(str) for night in everyone]))
    followed = Followed(ids)
    state = State.of_new(len(ids))
    for night in everyone:
        values, is_there = _of_all(night, ids)
        assigned = _assigned(model, night, values, state)
        if night is not first:
            followed.reasons.update(_moves(assigned, state, values, is_there))
        segment = np.where(is_there, assigned.segment, NONE)
        followed.history.add(segment, assigned.nearest)
        state = State(segment, np.where(is_there, assigned.nights_off, 0))
    followed.leaving = _leaves(model, everyone[-1], *_of_all(everyone[-1], ids), state)
    return followed


def checks(fit: Fit, followed: Followed) -> list[Check]:
    """Return the measures with their bars."""
    rand, moved = followed.history.night_rand(), followed.history.moved_shares()
    matrix = followed.migration()
    return [
        Check("segments.count", float(fit.count), (4.0, 8.0)),
        Check("segments.bootstrap_rand_p10", fit.trial.agreement, LEAST_AGREEMENT),
        Check("segments.smallest_share", fit.trial.smallest_share, 0.03),
        Check("segments.night_rand_min", float(rand.min()), 0.93),
        Check("segments.moves_mean", float(moved.mean()), (0.0, 0.025)),
        Check("segments.moves_max", float(moved.max()), (0.0, 0.04)),
        Check("segments.flicker", followed.history.flicker(), (0.0, 0.15)),
        Check("segments.freshness", followed.history.freshness(), 0.95),
        Check("segments.inactive_leave", float(followed.leaving.mean()), 1.0),
        Check("segments.moved_30d", moved_share(matrix), None),
    ]


def as_lines(fit: Fit, followed: Followed) -> Sequence[str]:
    """Return segments, moves and migration as lines for a person."""
    matrix, names = followed.migration(), fit.segments.names
    raw = fit.segments.scale.raw(fit.segments.centroids)
    moves = sum(followed.reasons.values())
    shares = (f"{count / moves:.0%} {word}" for word, count in followed.reasons.most_common())
    return [
        f"{'segment':34}{'customers':>10}{'later':>8}{'days':>8}{'purchases':>11}{'spend':>10}",
        *(
            f"{LEVELS[level] + ' ' + name:34}{matrix[level].sum():>10}{matrix[:, level].sum():>8}"
            f"{raw[level, 0]:>8.0f}{raw[level, 1]:>11.1f}{raw[level, 2]:>10,.0f}"
            for level, name in enumerate(names)
            if name
        ),
        "",
        f"moves in {len(followed.history.segments) - 1} nights: {moves}, {', '.join(shares)}",
        "",
    ]


def _of_all(night: Customers, ids: Codes) -> tuple[Matrix, Flags]:
    """Return the values of a night for all customers, and whether each has some: [m, 3], [m]."""
    places = np.searchsorted(ids, night.customer.astype(str))
    values = np.full((len(ids), night.values.shape[1]), np.nan)
    values[places] = night.values
    is_there = np.zeros(len(ids), dtype=bool)
    is_there[places] = True
    return values, is_there


def _assigned(model: SegmentModel, night: Customers, values: Matrix, state: State) -> Assigned:
    codes = np.repeat(model.codes([str(night.merchant[0])]), len(values))
    return model.assign(values, codes, state)


def _moves(assigned: Assigned, state: State, values: Matrix, is_there: Flags) -> list[str]:
    """Return the reasons of the moves of one night, new customers excepted."""
    recency: Floats = np.where(np.isnan(values[:, 0]), np.inf, values[:, 0])
    known = state.segment != NONE
    facts = Night(recency, known, ~known, np.zeros(len(values), dtype=bool))
    reasons = np.array(move_reasons(assigned.segment, state, facts), dtype=object)
    return [word for word in reasons[is_there & known] if word]


def _leaves(
    model: SegmentModel, night: Customers, values: Matrix, is_there: Flags, state: State
) -> Flags:
    """Return whether each inactive customer leaves at once if it buys after a year of silence."""
    names = model.part(str(night.merchant[0])).names
    table = naming.load()
    entries = [table.named(name) for name in names]
    is_inactive = np.array([bool(entry and entry.is_inactive) for entry in entries])
    rows = is_there & (state.segment != NONE) & is_inactive[np.maximum(state.segment, 0)]
    days, purchases, spend = np.nan_to_num(values[rows], nan=LOOK_BACK_DAYS).T
    held = State(state.segment[rows], np.zeros(int(rows.sum()), np.int64))
    is_still_inactive = is_inactive[
        _assigned(
            model,
            night,
            np.column_stack([np.maximum(days, SILENCE_DAYS), purchases, spend]),
            held,
        ).segment
    ]
    mean = np.maximum(spend, 0) / np.maximum(purchases, 1)
    bought = np.column_stack([np.zeros_like(days), purchases + 1, spend + mean])
    after = _assigned(model, night, bought, held).segment
    leaves: Flags = ~is_inactive[after][is_still_inactive]
    return leaves
