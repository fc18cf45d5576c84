"""Make fraud labels: banks and customers report fraud days later, and sometimes wrongly."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from features.synthesize.calendar import DAY_MS, Span
from features.synthesize.feed_shapes import LABELS
from features.synthesize.plan import Plan
from features.synthesize.randomness import Stream, generator
from features.synthesize.render import instants
from features.synthesize.rows import Rows, Scenario

_NEVER_REPORTED = 0.02
_FALSE_ALARMS = 0.0002  # of honest rows
_EARLIEST_DAYS, _LATEST_DAYS = 0.5, 6.0
# labels known within these days come from the issuer's alert or from the customer
_ALERT_DAYS, _CUSTOMER_DAYS = 1.5, 3.5
_SCHEMA = pa.schema(
    [("transaction_id", pa.string()), ("known_ms", pa.int64()), ("delay", pa.int64())]
)


@dataclass(slots=True)
class LabelDesk:
    """Pending labels: created with their rows, and released when they are known."""

    plan: Plan
    unreported: int = 0
    false_alarms: int = 0
    _open: pa.Table = field(default_factory=_SCHEMA.empty_table)

    def report(self, rows: Rows, ids: pa.Array, span: Span) -> None:
        """Draw the rows of a span that will be reported, and the times of the reports."""
        rng = generator(self.plan.seed, Stream.LABELS, span.key)
        draws = rng.random(len(rows))
        is_fraud = rows.scenario != Scenario.NONE
        is_unreported = is_fraud & (draws < _NEVER_REPORTED)
        is_false = ~is_fraud & (draws < _FALSE_ALARMS * (self.plan.fraud_rate > 0))
        reported = np.flatnonzero((is_fraud & ~is_unreported) | is_false)
        days = _EARLIEST_DAYS + (_LATEST_DAYS - _EARLIEST_DAYS) * rng.beta(1.2, 2.5, len(reported))
        delay = (days * DAY_MS).astype(np.int64)
        columns = [ids.take(pa.array(reported)), rows.at[reported] + delay, delay]
        self._open = pa.concat_tables([self._open, pa.table(columns, schema=_SCHEMA)])
        self.unreported += int(is_unreported.sum())
        self.false_alarms += int(is_false.sum())

    @property
    def open_labels(self) -> int:
        """The number of labels that are not known yet."""
        return int(self._open.num_rows)

    def known_before(self, end_ms: int) -> pa.Table:
        """Remove and return the labels known before an instant, ordered by that time."""
        known_ms = self._open["known_ms"].to_numpy()
        is_known = known_ms < end_ms
        known = self._open.filter(pa.array(is_known)).sort_by(
            [("known_ms", "ascending"), ("transaction_id", "ascending")]
        )
        self._open = self._open.filter(pa.array(~is_known)).combine_chunks()
        days = known["delay"].to_numpy() / DAY_MS
        late = np.where(days < _CUSTOMER_DAYS, "customer_report", "chargeback")
        columns = [
            known["transaction_id"].combine_chunks(),
            pa.array(np.full(len(days), "true", object), pa.string()),
            instants(known["known_ms"].to_numpy()),
            pa.array(
                np.where(days < _ALERT_DAYS, "issuer_alert", late).astype(object), pa.string()
            ),
        ]
        return pa.table(columns, schema=LABELS.schema)
