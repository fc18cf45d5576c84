"""Admit a delivery: move its landed rows into the raw table, all or none.

One transaction under the ingest lock does it. A row with the content of the newest version is a
duplicate; other content makes the next version. Only the newest version is compared, so a delivery
that restores the content from before the last correction is a correction itself.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg import sql

from features.feeds import sharing_tables
from features.ingest import (
    arrivals,
    deliveries,
    foreign_ids,
    history,
    landing,
    statements,
    versions,
)
from features.ingest.clock import Tick, advance, lock, whole
from features.ingest.hold_remedies import taught
from features.ingest.receipts import AdmitReceipt, DeliveryReceipt
from features.ingest.refusals import (
    AT_ADMISSION,
    OF_VALUES,
    LandedRowsError,
    LedgerRefusedError,
    NotDescribedError,
    described,
)
from features.platform import failpoints, seals
from features.platform.currencies import EXPONENTS
from features.platform.database import certain
from features.platform.errors import BadDeliveryError, ConfigurationError
from features.sources.descriptions import Sources
from features.sources.mapping import SourceFeed

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Counts:
    """The counts of one admission, and the time span of its rows."""

    of_rows: statements.Admitted
    landed_lines: int
    first_occurred_at: datetime | None = None
    last_occurred_at: datetime | None = None
    decide_from: datetime | None = None


def admit(
    delivery_id: UUID,
    connection: psycopg.Connection[Any],
    sources: Sources,
    *,
    base_currency: str = "USD",
) -> AdmitReceipt:
    """Move the landed rows of a delivery into the raw table.

    A live delivery becomes known at one instant. Rows of a history load became known at the time
    that their source states, at the latest now. A second call changes nothing and returns the same.
    A refused delivery is held with its reason.

    Args:
        delivery_id: of a parsed delivery.
        connection: of role ingest, without an open transaction.
        sources: the descriptions in force.
        base_currency: of the warehouse; ISO 4217.

    Raises:
        BadDeliveryError: the delivery is held or discarded.
        ForeignIdsError: another source has delivered its ids; the delivery is held.
        HistoryRefusedError: a history load after features were built; the delivery is held.
        LandedRowsError: the landed table differs from the register; the delivery is held.
        LedgerRefusedError: Postgres refuses a value; the delivery is held.
        NotDescribedError: no source in force describes it; the delivery is held.
    """
    started = time.monotonic()
    try:
        with _refused_as_a_whole(), whole(connection):
            lock(connection)
            delivery = deliveries.claimed(connection, delivery_id)
            if delivery.state == "admitted":
                return _receipt(connection, delivery_id)
            _check_state(delivery)
            if delivery.load_kind == "history":
                history.check(connection, delivery)
            counts, tick = _write(connection, delivery, sources, base_currency)
            _close(connection, delivery, counts, tick)
    except AT_ADMISSION as refusal:
        deliveries.hold(delivery_id, taught(f"{refusal.reason}: {refusal}"), connection)
        raise
    with whole(connection):
        receipt = _receipt(connection, delivery_id)
    _tell(receipt, time.monotonic() - started)
    return receipt


@contextmanager
def _refused_as_a_whole() -> Iterator[None]:
    """Raise an error without values in place of the error of Postgres, which quotes them."""
    try:
        yield
    except OF_VALUES as error:
        raise LedgerRefusedError(
            f"Postgres refuses a value: {described(error)}. Find it in the landed table, discard "
            "the delivery and have it delivered right"
        ) from None


def _tell(receipt: AdmitReceipt, seconds: float) -> None:
    log.info(
        "delivery_admitted",
        delivery_id=str(receipt.delivery_id),
        feed=receipt.feed,
        delivery_seq=receipt.delivery_seq,
        rows_admitted=receipt.rows_admitted,
        rows_duplicate=receipt.rows_duplicate,
        rows_rejected=receipt.rows_rejected,
        notes=list(receipt.notes),
        seconds=round(seconds, 3),
    )


def _check_state(delivery: DeliveryReceipt) -> None:
    if delivery.state != "parsed":
        raise BadDeliveryError(
            f"delivery {delivery.delivery_id} of {delivery.feed} is {delivery.state} "
            f"({delivery.reason}): release it first, or deliver the file again"
        )


def _write(
    connection: psycopg.Connection[Any],
    delivery: DeliveryReceipt,
    sources: Sources,
    base_currency: str,
) -> tuple[_Counts, Tick]:
    feed = _feed(sources, delivery)
    table, landed_lines = _landed(connection, delivery, feed)
    connection.execute("set local work_mem = '256MB'")
    first, last = versions.time_span(connection, feed.declaration, table)
    tick = advance(connection, last)
    versions.ensure_days(connection, feed.declaration, table)
    values = {
        "delivery_id": delivery.delivery_id,
        "delivery_seq": tick.delivery_seq,
        "known_at": tick.known_at,
        "is_history": delivery.load_kind == "history",
        "decide_from": sources.decide_from,
        "latency": feed.latency if isinstance(feed.latency, timedelta) else timedelta(0),
        "latencies": _latencies(feed),
        "charge_off_lag": feed.charge_off_lag,
        "source": delivery.source,
        "object_name": delivery.object_name,
        "newer": arrivals.newer_deliveries(
            connection, delivery.delivery_id, sharing_tables(feed.name)
        ),
        "base_currency": base_currency,
        "max_rate_age_days": sources.max_rate_age_days,
        "currencies": list(EXPONENTS),
        "exponents": list(EXPONENTS.values()),
        "provenance_rank": list(sources.provenance_rank),
    }
    if feed.inline_label:
        values["label_latency"] = feed.inline_label.latency
        values["label_provenance"] = feed.inline_label.provenance
    counted = statements.admit(connection, feed, table, values)
    if len(sources.of_feed(feed.name)) > 1:
        foreign_ids.check(connection, delivery, feed)
    failpoints.reach("after_raw_copy")
    return _Counts(counted, landed_lines, first, last, sources.decide_from), tick


def _latencies(feed: SourceFeed) -> str:
    """Return the delay of labels by provenance as JSON that Postgres reads as intervals."""
    delays = feed.latency if isinstance(feed.latency, Mapping) else {}
    return json.dumps({name: f"{delay.total_seconds()} seconds" for name, delay in delays.items()})


def _feed(sources: Sources, delivery: DeliveryReceipt) -> SourceFeed:
    feed = sources.described(delivery.source, delivery.feed)
    if feed is None:
        raise NotDescribedError(
            f"delivery {delivery.delivery_id} is a file of {delivery.feed} of source "
            f"{delivery.source!r}, which the set {sources.name!r} does not describe: describe it "
            "under that name again (keys `feeds` and `include`), or discard the delivery"
        )
    return feed


def _landed(
    connection: psycopg.Connection[Any], delivery: DeliveryReceipt, feed: SourceFeed
) -> tuple[sql.Identifier, int]:
    """Return the landed table of a delivery and its lines; refuse a table unlike the register."""
    rows = None
    if delivery.landed_table is not None and _has_columns(connection, delivery.landed_table, feed):
        table = landing.identifier(delivery.landed_table)
        query = sql.SQL("select count(*), coalesce(sum(line_count), 0) from {}").format(table)
        rows, lines = certain("count landed rows", connection.execute(query).fetchone())
        if rows == delivery.rows_landed:
            return table, lines
    raise LandedRowsError(
        f"{delivery.landed_table} of delivery {delivery.delivery_id} has {rows} rows, not "
        f"{delivery.rows_landed}: the next ingest takes the file again"
    )


def _has_columns(connection: psycopg.Connection[Any], name: str, feed: SourceFeed) -> bool:
    """Return whether a landed table exists with the columns that this release reads of it."""
    columns = {"line_count", *(column.target for column in feed.landed_columns)}
    rows = connection.execute(
        "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0",
        (name,),
    )
    return columns <= {column for (column,) in rows}


def _close(
    connection: psycopg.Connection[Any], delivery: DeliveryReceipt, counts: _Counts, tick: Tick
) -> None:
    """Write the counters of the delivery; a constraint of the register refuses a wrong sum."""
    counted = counts.of_rows
    connection.execute(
        """
        update raw.deliveries
        set
            state = 'admitted',
            delivery_seq = %s,
            rows_rejected = rows_rejected + %s,
            rows_duplicate = rows_duplicate + %s,
            rows_admitted = %s,
            lines_rejected = lines_rejected + %s,
            lines_duplicate = lines_duplicate + %s,
            lines_admitted = case when lines_in_file is not null then %s end,
            notes = notes || %s::text[],
            first_occurred_at = %s,
            last_occurred_at = %s,
            known_at = %s,
            decide_from = %s,
            landed_table = null,
            admitted_at = clock_timestamp()
        where delivery_id = %s
        """,
        (
            tick.delivery_seq,
            counted.outdated,
            delivery.rows_landed - counted.admitted - counted.outdated,
            counted.admitted,
            counted.outdated_lines,
            counts.landed_lines - counted.admitted_lines - counted.outdated_lines,
            counted.admitted_lines,
            list(counted.notes),
            counts.first_occurred_at,
            counts.last_occurred_at,
            counted.known_at or tick.known_at,
            counts.decide_from,
            delivery.delivery_id,
        ),
    )
    landing.drop(connection, delivery.landed_table)
    seals.seal(connection, "delivery", delivery.delivery_id)


def _receipt(connection: psycopg.Connection[Any], delivery_id: UUID) -> AdmitReceipt:
    row = connection.execute(
        """
        select
            delivery_id, source, feed, delivery_seq, known_at, rows_in_file, rows_rejected,
            rows_duplicate, rows_admitted, first_occurred_at, last_occurred_at, notes
        from raw.deliveries
        where delivery_id = %s
        """,
        (delivery_id,),
    ).fetchone()
    if row is None:
        raise ConfigurationError(f"there is no delivery {delivery_id}")
    return AdmitReceipt(*(*row[:-1], tuple(row[-1])))
