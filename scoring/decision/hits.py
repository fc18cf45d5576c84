"""Applies rules and lists to n rows: columns in, masks and levels out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.platform.arrays import Columns, Flags, Levels
from scoring.decision.outcome import Outcome
from scoring.decision.policy.exceptions import Named
from scoring.decision.policy.policy import Conditions, Listing, Policy, Rule


@dataclass(frozen=True, slots=True)
class Listed:
    """Which of n rows a list names, and by which exceptions.

    Attributes:
        mask: [n], named by any entry.
        named: arrays [n] of the places in `exceptions`, null where none names the row.
        exceptions: the entries that are data; entries of a policy file have no id to name.
    """

    mask: Flags
    named: tuple[pa.Array, ...]
    exceptions: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Silenced:
    """The hits of one rule that exceptions have taken away.

    Attributes:
        outcome: of the rule.
        by: the rows and exceptions, null where the rule did not hit.
    """

    outcome: Outcome
    by: Listed


@dataclass(frozen=True, slots=True)
class Hits:
    """The rules that hit each of n rows, without the suppressed hits."""

    mask: Flags  # [n, rules]
    rules: tuple[Rule, ...]
    silenced: tuple[Silenced, ...] = ()  # hits that an exception has taken away

    @property
    def level(self) -> Levels:
        """The strictest outcome of the rules that hit: [n]."""
        return self._strictest([Outcome.of(rule.outcome) for rule in self.rules])

    @property
    def knock_out_level(self) -> Levels:
        """The strictest outcome of the knock-outs that hit: [n]."""
        return self._strictest(
            [Outcome.of(r.outcome) if r.is_knock_out else Outcome.APPROVE for r in self.rules]
        )

    def _strictest(self, levels: Sequence[Outcome]) -> Levels:
        if not levels:
            return np.zeros(len(self.mask), dtype=np.int8)
        return np.asarray((self.mask * np.array(levels, dtype=np.int8)).max(axis=1), dtype=np.int8)


def find(columns: Columns, at: str, policy: Policy, conditions: Conditions, rows: int) -> Hits:
    """Return the hits of rules on n rows.

    Args:
        columns: the declared columns of the rules, and the columns that lists name; each [n].
        at: the column with the moment at which a row's listings must be in force.
        policy: holds the suppressions.
        conditions: the rules, parsed.
        rows: n.
    """
    mask = np.zeros((rows, len(conditions)), dtype=bool)
    silenced = []
    for i, (rule, condition) in enumerate(conditions):
        hit = condition.hits(columns, rows).to_numpy(zero_copy_only=False)
        suppressions = [entry for entry in policy.suppressions if entry.rule_id == rule.rule_id]
        by = listed(columns, at, suppressions, rows)
        mask[:, i] = hit & ~by.mask
        if by.named:
            named = tuple(pc.if_else(pa.array(hit), places, None) for places in by.named)
            silenced.append(Silenced(Outcome.of(rule.outcome), replace(by, named=named)))
    return Hits(mask, tuple(rule for rule, _ in conditions), tuple(silenced))


def listed(columns: Columns, at: str, listings: Sequence[Listing], rows: int) -> Listed:
    """Return the rows whose customer or merchant is on a list in force at the row's moment."""
    mask = np.zeros(rows, dtype=bool)
    named, exceptions = [], tuple(entry for entry in listings if isinstance(entry, Named))
    # the longer of two entries for one subject counts; an exception is named if no other is longer
    longest = sorted(listings, key=_order)
    place_of = {entry.exception_id: place for place, entry in enumerate(exceptions)}
    for key in ("customer_id", "merchant_id"):
        entries = {
            subject: entry for entry in longest if (subject := getattr(entry, key)) is not None
        }
        if not entries or key not in columns:
            continue
        place = pc.index_in(columns[key], value_set=pa.array(entries.keys(), pa.string()))
        until = pa.array([entry.until for entry in entries.values()], pa.timestamp("us", tz="UTC"))
        in_force = pc.fill_null(pc.less(columns[at], until.take(place)), fill_value=False)
        mask |= in_force.to_numpy(zero_copy_only=False)
        ids = [getattr(entry, "exception_id", "") for entry in entries.values()]
        if any(ids):
            places = pa.array([place_of.get(name) for name in ids], pa.int32())
            named.append(pc.if_else(in_force, places.take(place), None))
    return Listed(mask, tuple(named), exceptions)


def _order(entry: Listing) -> tuple[datetime, str]:
    return entry.until, getattr(entry, "exception_id", "")


def text_of(mask: Flags, rules: Sequence[Rule]) -> pa.Array:
    """Return the hits as Postgres array text, such as `{burst,card_testing}`."""
    names = np.array([rule.rule_id for rule in rules])
    # few patterns of hits, many rows
    patterns, place = np.unique(mask, axis=0, return_inverse=True)
    texts = ["{" + ",".join(names[pattern]) + "}" for pattern in patterns]
    return pa.array(texts, pa.string()).take(pa.array(place.reshape(-1)))


def level_of(values: NDArray[np.float64], review: float, decline: float | None) -> Levels:
    """Place scores between the cut-offs; NaN compares false and stays at approve."""
    level = np.where(values >= review, Outcome.REVIEW, Outcome.APPROVE)
    if decline is not None:
        level = np.where(values >= decline, Outcome.DECLINE, level)
    return level.astype(np.int8)
