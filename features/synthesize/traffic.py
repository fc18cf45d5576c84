"""Make the stream of transactions, span by span, ordered by time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.synthesize import identifiers, kinds, orders, sale_cards, world
from features.synthesize.activity import honest
from features.synthesize.calendar import Span, spans
from features.synthesize.compromises import Compromises
from features.synthesize.episodes import Episodes
from features.synthesize.plan import FileWindow, Plan
from features.synthesize.rows import Rows, concatenate
from features.synthesize.world import World


@dataclass(frozen=True, slots=True)
class Chunk:
    """The transactions of one span, ordered by time, with their ids."""

    span: Span
    rows: Rows
    ids: pa.Array


class Traffic:
    """Make the transactions of a plan; its memory does not grow with time."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.world: World = world.build(plan)
        self._episodes = Episodes(self.world)
        self._compromises = Compromises(self.world)
        shops = self.world.merchants
        self.sellers = orders.sellers(plan, self.world.customers, shops.sellers)

    def within(self, window: FileWindow) -> Iterator[Chunk]:
        """Yield the chunks of a file's window."""
        for span in spans(self.plan, window.start, window.end):
            yield self._chunk(span)

    def _chunk(self, span: Span) -> Chunk:
        rows = honest(self.world, span)
        self._compromises.apply(rows, span)
        sold = [sale_cards.within(self.world, seller, span) for seller in self.sellers]
        rows = concatenate([rows, self._episodes.within(span), *sold])
        rows = rows.take(np.argsort(rows.at, kind="stable"))
        is_sold = rows.merchant >= self.world.merchants.sellers.start
        rows.kind = np.where(is_sold, rows.kind, kinds.choose(rows, self.plan.seed, span))
        rows.usd = np.where(rows.kind == kinds.CHECK, 0.0, rows.usd)
        index = np.arange(len(rows), dtype=np.int64)
        return Chunk(span, rows, identifiers.transaction_ids(span.day, span.minute, index))
