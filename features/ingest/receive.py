"""Waiting files to landed tables: parsed once, every row judged, all of a file or nothing."""

from __future__ import annotations

import hashlib
import time
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import structlog

from features.feeds import Feed
from features.ingest import deliveries
from features.ingest.checks import Rules
from features.ingest.clock import whole
from features.ingest.limits import DEFAULT, Limits
from features.ingest.parse import parse
from features.ingest.reasons import HeldError, HoldReason
from features.ingest.receipts import DeliveryReceipt, FileLines
from features.ingest.spool import spooled
from features.ingest.waiting import LoadKind, is_safe, kind_of, offered
from features.objects import ObjectInfo, ObjectStore, UnsafeNameError, check_name

log = structlog.get_logger(__name__)


def receive(
    feed: Feed,
    store: ObjectStore,
    connection: psycopg.Connection[Any],
    *,
    provenances: tuple[str, ...] = (),
    load_kind: LoadKind | None = None,
    limits: Limits = DEFAULT,
) -> list[DeliveryReceipt]:
    """Parse the waiting files of one feed into landed tables.

    Args:
        feed: which, and how its files are read.
        store: where they lie.
        connection: of role ingest, without an open transaction.
        provenances: who may label, best first.
        load_kind: take only history loads or only live files; None takes both, history first.
        limits: sizes beyond which a file is held.

    Returns:
        the deliveries that are parsed now or were before and are not admitted, then those that this
        call held.
    """
    with whole(connection):
        deliveries.discard_lost(connection, feed.source, feed.name)
        now = _now(connection)
    fresh = {}
    for info in offered(feed, store, connection, now, load_kind):
        receipt = _take(info, feed, store, connection, provenances, limits)
        if receipt is not None:
            fresh[receipt.delivery_id] = receipt
    with whole(connection):
        parsed = deliveries.waiting(connection, feed.source, feed.name)
    if load_kind is not None:
        parsed = [receipt for receipt in parsed if receipt.load_kind == load_kind]
    held = [receipt for receipt in fresh.values() if receipt.state == "held"]
    # what was noticed while parsing stands in the fresh receipts only
    return [fresh.get(receipt.delivery_id, receipt) for receipt in parsed] + held


def _now(connection: psycopg.Connection[Any]) -> datetime:
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None  # noqa: S101 - a select without a from has one row
    now: datetime = row[0]
    return now


def _take(
    info: ObjectInfo,
    feed: Feed,
    store: ObjectStore,
    connection: psycopg.Connection[Any],
    provenances: tuple[str, ...],
    limits: Limits,
) -> DeliveryReceipt | None:
    """Parse one file, or hold it; None where it is no new delivery."""
    started = time.monotonic()
    receipt: DeliveryReceipt | None
    delivery_id = uuid4()
    digest = f"name:{hashlib.sha256(repr(info.name).encode()).hexdigest()}"
    size = info.size
    try:
        with store.open(check_name(info.name)) as source, spooled(source, limits) as spool:
            digest, size = spool.sha256, spool.size
            if _is_repeated(connection, info, feed, digest):
                return None
            with whole(connection):
                rules = Rules(feed, provenances, _now(connection), limits)
                receipt = parse(delivery_id, info, spool, rules, connection)
                deliveries.register(connection, receipt, digest, size)
    except FileNotFoundError:
        log.info("delivery_vanished", feed=feed.name, object_name=ascii(info.name))
        return None
    except UnsafeNameError as error:
        problem = HeldError(HoldReason.UNSAFE_NAME, str(error))
        receipt = _hold(problem, delivery_id, info, feed, connection, (digest, size))
    except HeldError as error:
        if digest.startswith("name:") and error.reason is HoldReason.TOO_LARGE:
            digest = f"{digest}:{size}"
        receipt = _hold(error, delivery_id, info, feed, connection, (digest, size))
    except psycopg.errors.UniqueViolation:
        log.info("delivery_taken_by_another", feed=feed.name, object_name=ascii(info.name))
        return None
    if receipt is not None:
        _tell(receipt, time.monotonic() - started)
    return receipt


def _is_repeated(
    connection: psycopg.Connection[Any], info: ObjectInfo, feed: Feed, digest: str
) -> bool:
    with whole(connection):
        known = deliveries.by_content(connection, feed.source, feed.name, digest)
        if known is None:
            return False
        is_unread = known.state == "held" and known.rows_in_file is None
        if is_unread and _suffix(known.object_name) != _suffix(info.name):
            deliveries.supersede(connection, known, info.name)
            return False
        deliveries.note_repeated(connection, known.delivery_id, info.name)
    if known.object_name != info.name:
        log.info(
            "delivery_repeated",
            feed=feed.name,
            object_name=ascii(info.name),
            delivery_id=str(known.delivery_id),
        )
    return True


def _suffix(name: str) -> str:
    return name.rpartition("/")[2].partition(".")[2]


def _hold(
    problem: HeldError,
    delivery_id: UUID,
    info: ObjectInfo,
    feed: Feed,
    connection: psycopg.Connection[Any],
    content: tuple[str, int],
) -> DeliveryReceipt | None:
    """Register a file that could not be read, once."""
    name = info.name if is_safe(info.name) else ascii(info.name)[:500]
    receipt = DeliveryReceipt(
        delivery_id,
        feed.source,
        feed.name,
        name,
        kind_of(info.name, feed),
        "held",
        landed_table=None,
        rows_in_file=None,
        rows_rejected=0,
        rows_duplicate=0,
        reason=str(problem),
        lines=None if problem.lines is None else FileLines(problem.lines),
    )
    with whole(connection):
        if deliveries.by_content(connection, feed.source, feed.name, content[0]):
            return None
        deliveries.register(connection, receipt, *content)
    return receipt


def _tell(receipt: DeliveryReceipt, seconds: float) -> None:
    log.info(
        "delivery_held" if receipt.state == "held" else "delivery_parsed",
        delivery_id=str(receipt.delivery_id),
        feed=receipt.feed,
        object_name=ascii(receipt.object_name),
        load_kind=receipt.load_kind,
        rows_in_file=receipt.rows_in_file,
        rows_rejected=receipt.rows_rejected,
        rows_duplicate=receipt.rows_duplicate,
        reason=receipt.reason,
        notes=list(receipt.notes),
        seconds=round(seconds, 3),
    )
