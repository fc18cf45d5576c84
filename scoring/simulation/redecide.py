"""Decides stored rows again under a candidate policy: one query, batch by batch, no row alone.

The deciders of the domains decide; nothing of a decision is written here a second time. The scores
are those of the ledger, or a named model's on the stored features. With the scores of the ledger,
each row is also decided by its own policy, and must come out as it was decided.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from features.platform import database, progress, readers
from features.platform.arrays import Flags
from scoring.simulation import stored_rows
from scoring.simulation.deciders import Deciders
from scoring.simulation.order import Order
from scoring.simulation.tally import Chunk, Tally

if TYPE_CHECKING:
    from features.platform.objects import ObjectStore
    from features.platform.settings import Settings

#: Text of one batch; with all columns of a chunk, memory stays near ten times that.
BATCH_BYTES = 16 << 20

#: Receives a batch, its chunk, and whether a row's outcome or limit has moved: [n].
Listener = Callable[[pa.Table, Chunk, Flags], None]


@dataclass(frozen=True, slots=True)
class Redecided:
    """The result of a simulation before anything is derived from it.

    Attributes:
        tally: the counts.
        stored: decisions of the window in the ledger.
        own_differing: rows that their own policy decides otherwise than the ledger says; 0 unless
            the record was altered.
        own_policies: version and decisions of each policy of the window.
    """

    tally: Tally
    stored: int
    own_differing: int
    own_policies: tuple[tuple[str, int], ...]


def redecide(
    order: Order, settings: Settings, store: ObjectStore, listener: Listener | None = None
) -> Redecided:
    """Decide the stored rows of an order again.

    Args:
        order: the decisions, the policy and the model.
        settings: the warehouse.
        store: holds the file of the order's model.
        listener: is called with each batch, on this thread.

    Raises:
        ConfigurationError: the candidate decides nothing of the job, or the file of a policy that
            decided in the window is gone or altered.
        ContractError: the model needs features that the view does not have.
        ModelUnavailableError: the model's file is gone or altered, or answers for no row.
    """
    job = order.job
    with database.connect(settings.warehouse, "score", autocommit=False) as connection:
        decided = stored_rows.policies_of(connection, job, order.window)
        own_policies = tuple((each.name, each.rows) for each in decided)
        total = sum(rows for _, rows in own_policies)
        if not decided:
            _check(order)
            return Redecided(Tally(()), 0, 0, ())
        deciders = Deciders.of(connection, order, decided, settings, store)
        labels = order.pricing.observation.labels(connection, settings)
        reading = stored_rows.reading(
            job, order.window, labels, order.pricing.amount, deciders.columns
        )
        tally, differing = Tally(deciders.rule_ids), 0
        # nested loops over a million rows take minutes
        connection.execute(
            "set local enable_nestloop = off; set local work_mem = '128MB'; set local jit = off"
        )
        for batch in readers.stream(
            connection, reading.query, reading.types, batch_bytes=BATCH_BYTES
        ):
            rows = pa.Table.from_batches([batch])
            chunk, is_other, is_moved = deciders.decide(rows)
            differing += int(is_other.sum())
            tally.add(chunk)
            if listener:
                listener(rows, chunk, is_moved)
            progress.advance("decisions", rows.num_rows, total)
    return Redecided(tally, total, differing, own_policies)


def _check(order: Order) -> None:
    if order.job.check_policy is not None:
        order.job.check_policy(order.policy)
