"""Landed rows to the ledger: one transaction under the ingest lock, all of a delivery or none.

The same content again is a duplicate; other content is the next version. Content is compared with
the newest version only: a delivery that brings back what stood there before the last correction is
a correction itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg import sql

from features import failpoints
from features.canonical import ADMISSION
from features.currencies import EXPONENTS
from features.errors import BadDeliveryError, ConfigurationError, ContractError
from features.feeds import Feed
from features.ingest import deliveries, landing, statements
from features.ingest.clock import Tick, advance, lock, whole
from features.ingest.reasons import HoldReason
from features.ingest.receipts import AdmitReceipt, DeliveryReceipt
from features.ingest.versions import LEDGERS
from features.sources import Sources

log = structlog.get_logger(__name__)


_OF_APPLICATIONS = ("applications", "application_labels", "applicant_attributes")
#: Who can read a feed, and so has seen the past that a history load would change.
_JOBS: Mapping[str, tuple[str, ...]] = {
    feed: ("score_applications",)
    if feed in _OF_APPLICATIONS
    else ("score_transactions", "score_applications")
    for feed in ADMISSION
}
_FEATURES: Mapping[str, tuple[str, ...]] = {
    feed: tuple(job.replace("score_", "marts.feat_") for job in jobs)
    for feed, jobs in _JOBS.items()
}


class HistoryRefusedError(ConfigurationError):
    """A first load of history came after features or decisions were made from the ledger."""


@dataclass(frozen=True, slots=True)
class _Counts:
    """What one admission did."""

    admitted: int
    duplicate: int
    known_at: datetime | None
    first_occurred_at: datetime | None = None
    last_occurred_at: datetime | None = None


def admit(
    delivery_id: UUID,
    connection: psycopg.Connection[Any],
    sources: Sources,
    *,
    base_currency: str = "USD",
) -> AdmitReceipt:
    """Move what a delivery landed into the ledger.

    A live delivery becomes known at one instant. Rows of a history load became known when their
    source says so, at the latest now. Calling it again changes nothing and returns the same.

    Args:
        delivery_id: of a parsed delivery.
        connection: of role ingest, without an open transaction.
        sources: the descriptions in force.
        base_currency: of the warehouse; ISO 4217.

    Raises:
        BadDeliveryError: the delivery is held or discarded.
        HistoryRefusedError: a history load after features were built; the delivery is held.
        ContractError: the landed table is not what was registered; nothing was written.
    """
    started = time.monotonic()
    refusal: str | None = None
    with whole(connection):
        lock(connection)
        delivery = deliveries.get(connection, delivery_id)
        if delivery.state == "admitted":
            return _receipt(connection, delivery_id)
        _check_state(delivery)
        if delivery.load_kind == "history":
            refusal = _history_refusal(connection, delivery)
        if refusal is None:
            counts, tick = _write(connection, delivery, sources, base_currency)
            _close(connection, delivery, counts, tick)
    if refusal is not None:
        deliveries.hold(delivery_id, f"{HoldReason.HISTORY_REFUSED}: {refusal}", connection)
        raise HistoryRefusedError(refusal)
    with whole(connection):
        receipt = _receipt(connection, delivery_id)
    log.info(
        "delivery_admitted",
        delivery_id=str(delivery_id),
        feed=receipt.feed,
        delivery_seq=receipt.delivery_seq,
        rows_admitted=receipt.rows_admitted,
        rows_duplicate=receipt.rows_duplicate,
        rows_rejected=receipt.rows_rejected,
        seconds=round(time.monotonic() - started, 3),
    )
    return receipt


def _check_state(delivery: DeliveryReceipt) -> None:
    if delivery.state != "parsed":
        raise BadDeliveryError(
            f"delivery {delivery.delivery_id} of {delivery.feed} is {delivery.state} "
            f"({delivery.reason}): release it first, or deliver the file again"
        )


def _history_refusal(connection: psycopg.Connection[Any], delivery: DeliveryReceipt) -> str | None:
    """Return why history can no longer be loaded, or None where it can."""
    used = ""
    row = connection.execute(
        "select exists (select from decisions.runs where state = 'published' and job = any(%s))",
        (list(_JOBS[delivery.feed]),),
    ).fetchone()
    if row and row[0]:
        used = "decisions were published"
    elif any(_has_rows(connection, table) for table in _FEATURES[delivery.feed]):
        used = "features were built"
    if not used:
        return None
    return (
        f"{delivery.object_name} is a history load of {delivery.feed}, but {used} from this "
        "warehouse: it would change the past that they saw. Deliver the rows as a live file, "
        "or load the history into a fresh warehouse"
    )


def _has_rows(connection: psycopg.Connection[Any], table: str) -> bool:
    stands = connection.execute("select to_regclass(%s) is not null", (table,)).fetchone()
    if not stands or not stands[0]:
        return False
    query = sql.SQL("select exists (select from {})").format(sql.Identifier(*table.split(".")))
    return bool((connection.execute(query).fetchone() or [False])[0])


def _write(
    connection: psycopg.Connection[Any],
    delivery: DeliveryReceipt,
    sources: Sources,
    base_currency: str,
) -> tuple[_Counts, Tick]:
    table = landing.identifier(delivery.landed_table or "")
    feed = _feed(sources, delivery)
    _check_landed(connection, delivery, table)
    connection.execute("set local work_mem = '256MB'")
    ledger = LEDGERS.get(feed.name)
    first, last = _span(connection, table, ledger.event) if ledger else (None, None)
    tick = advance(connection, last)
    if ledger and ledger.has_days:
        _ensure_days(connection, table)
    values = {
        "delivery_id": delivery.delivery_id,
        "delivery_seq": tick.delivery_seq,
        "known_at": tick.known_at,
        "is_history": delivery.load_kind == "history",
        "decide_from": sources.decide_from,
        "latency": feed.latency,
        "charge_off_lag": feed.charge_off_lag,
        "source": delivery.source,
        "base_currency": base_currency,
        "currencies": list(EXPONENTS),
        "exponents": list(EXPONENTS.values()),
        "provenance_rank": list(sources.provenance_rank),
    }
    if feed.inline_label:
        values["label_latency"] = feed.inline_label.latency
        values["label_provenance"] = feed.inline_label.provenance
    counted = statements.admit(connection, feed, table, values)
    failpoints.reach("after_raw_copy")
    duplicates = delivery.rows_landed - counted.admitted
    return _Counts(counted.admitted, duplicates, counted.known_at, first, last), tick


def _feed(sources: Sources, delivery: DeliveryReceipt) -> Feed:
    found = {str(name): feed for name, feed in sources.feeds.items()}.get(delivery.feed)
    if sources.name != delivery.source or found is None:
        raise ConfigurationError(
            f"delivery {delivery.delivery_id} is of {delivery.source}.{delivery.feed}, "
            f"which the source set {sources.name!r} does not describe"
        )
    return found


def _check_landed(
    connection: psycopg.Connection[Any], delivery: DeliveryReceipt, table: sql.Identifier
) -> None:
    try:
        with connection.transaction():
            row = connection.execute(sql.SQL("select count(*) from {}").format(table)).fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    found = row[0] if row else None
    if found != delivery.rows_landed:
        raise ContractError(
            f"{delivery.landed_table} of delivery {delivery.delivery_id} has {found} rows, not "
            f"{delivery.rows_landed}: discard the delivery and deliver the file again"
        )


def _span(
    connection: psycopg.Connection[Any], table: sql.Identifier, event: str
) -> tuple[datetime | None, datetime | None]:
    query = sql.SQL("select min({event}), max({event}) from {table}")
    row = connection.execute(query.format(event=sql.Identifier(event), table=table)).fetchone()
    return (row[0], row[1]) if row else (None, None)


def _ensure_days(connection: psycopg.Connection[Any], table: sql.Identifier) -> None:
    """Make the partitions of the days that occur, and of no others."""
    connection.execute(
        sql.SQL(
            """
            select raw.ensure_transaction_days(days.day, days.day)
            from (
                select distinct (occurred_at at time zone 'UTC')::date as day from {} order by day
            ) as days
            """
        ).format(table)
    )


def _close(
    connection: psycopg.Connection[Any], delivery: DeliveryReceipt, counts: _Counts, tick: Tick
) -> None:
    """Write the delivery's counters; the register's own check refuses what does not close."""
    connection.execute(
        """
        update raw.deliveries
        set
            state = 'admitted',
            delivery_seq = %s,
            rows_duplicate = rows_duplicate + %s,
            rows_admitted = %s,
            first_occurred_at = %s,
            last_occurred_at = %s,
            known_at = %s,
            landed_table = null,
            admitted_at = clock_timestamp()
        where delivery_id = %s
        """,
        (
            tick.delivery_seq,
            counts.duplicate,
            counts.admitted,
            counts.first_occurred_at,
            counts.last_occurred_at,
            counts.known_at or tick.known_at,
            delivery.delivery_id,
        ),
    )
    landing.drop(connection, delivery.landed_table)


def _receipt(connection: psycopg.Connection[Any], delivery_id: UUID) -> AdmitReceipt:
    row = connection.execute(
        """
        select
            delivery_id, source, feed, delivery_seq, known_at, rows_in_file, rows_rejected,
            rows_duplicate, rows_admitted, first_occurred_at, last_occurred_at
        from raw.deliveries
        where delivery_id = %s
        """,
        (delivery_id,),
    ).fetchone()
    if row is None:
        raise ConfigurationError(f"there is no delivery {delivery_id}")
    return AdmitReceipt(*row)
