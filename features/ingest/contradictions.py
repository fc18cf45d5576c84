"""Reject rows whose values contradict each other; pure, by whole columns."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from features.feeds import Column, Feed
from features.feeds.columns import TIMED
from features.feeds.rules import Pair
from features.ingest.reasons import RowReason
from features.ingest.times import mask_of
from features.ingest.verdicts import Verdicts
from features.sources.mapping import SourceFeed


def reject(typed: Mapping[str, pa.Array], verdicts: Verdicts, feed: SourceFeed) -> None:
    """Reject rows whose columns break a rule of the feed.

    Args:
        typed: columns by target name; null in a rejected row.
        verdicts: receives each contradiction, under the canonical name of the first column.
        feed: declares the rules; an instant is compared as a day of its time zone.
    """
    declared = feed.declaration
    for ordering in declared.orderings:
        first, second = (
            _comparable(typed, declared.column(name), feed.time_zone)
            for name in (ordering.first, ordering.second)
        )
        exceeds = mask_of(pc.greater(first, second))
        verdicts.reject(exceeds, RowReason(ordering.reason), ordering.first)
    for pair in declared.pairs:
        one, other = _values(typed, declared, pair)
        is_alone = mask_of(pc.not_equal(pc.is_valid(one), pc.is_valid(other)))
        verdicts.reject(is_alone, RowReason(pair.reason), pair.first)
    for pair in declared.choices:
        one, other = _values(typed, declared, pair)
        has_none = ~mask_of(pc.or_(pc.is_valid(one), pc.is_valid(other)))
        verdicts.reject(has_none, RowReason(pair.reason), pair.first)
    for pair in declared.distinct:
        is_same = mask_of(pc.equal(*_values(typed, declared, pair)))
        verdicts.reject(is_same, RowReason(pair.reason), pair.first)
    for rule in declared.companions:
        words = typed[declared.column(rule.beside).target]
        needs = mask_of(pc.is_in(words, pa.array(sorted(rule.words))))
        has = mask_of(pc.is_valid(typed[declared.column(rule.column).target]))
        verdicts.reject(needs & ~has, RowReason(rule.missing), rule.column)
        verdicts.reject(has & ~needs, RowReason(rule.unasked), rule.column)


def _values(typed: Mapping[str, pa.Array], declared: Feed, pair: Pair) -> tuple[pa.Array, pa.Array]:
    one, other = (typed[declared.column(name).target] for name in (pair.first, pair.second))
    return one, other


def _comparable(typed: Mapping[str, pa.Array], column: Column, time_zone: str | None) -> pa.Array:
    values = typed[column.target]
    if column.kind not in TIMED:
        return values
    if time_zone is not None:
        values = pc.cast(values, pa.timestamp("us", time_zone))
    return pc.cast(pc.local_timestamp(values), pa.date32(), safe=False)
