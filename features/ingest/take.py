"""Parse or hold one file: its bytes, its place in the order of arrival, and its delivery."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID, uuid4

import psycopg
import structlog

from features.ingest import arrivals, deliveries, lost_deliveries, refusals, retries
from features.ingest.arrivals import Arrival
from features.ingest.checks import Rules
from features.ingest.clock import whole
from features.ingest.hold_remedies import taught
from features.ingest.limits import Limits
from features.ingest.parse import parse
from features.ingest.reasons import HeldError, HoldReason
from features.ingest.receipts import DeliveryReceipt, FileLines
from features.ingest.spool import Spool, spooled
from features.ingest.streams import open_object
from features.ingest.waiting import check, is_safe, kind_of, printable
from features.platform import database
from features.platform.card_numbers import names_card_number
from features.platform.errors import BadDeliveryError
from features.platform.object_names import UnsafeNameError
from features.platform.objects import ObjectInfo, ObjectStore
from features.sources.description_digest import digest_of
from features.sources.mapping import SourceFeed

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Intake:
    """The parameters for reading the files of one feed.

    Args:
        feed: the feed and the description of its files.
        store: the store of the files.
        connection: of role ingest, without an open transaction.
        provenances: permitted provenances of labels, best first.
        limits: sizes beyond which a file is held.
    """

    feed: SourceFeed
    store: ObjectStore
    connection: psycopg.Connection[Any]
    provenances: tuple[str, ...]
    limits: Limits

    @property
    def description(self) -> str:
        """The digest of the description by which the files are read."""
        return digest_of(self.feed, self.provenances)


@dataclass(slots=True)
class _Content:
    """Digest and size of an object's bytes, as far as they are known."""

    digest: str
    size: int

    @classmethod
    def unread(cls, info: ObjectInfo) -> _Content:
        """Return a substitute for the bytes of an object that was not read."""
        text = repr(info.name)
        if names_card_number(info.name):  # the digest of a card number is easy to reverse
            text = f"{printable(info.name)} {info.size} {info.modified_at}"
        return cls(f"name:{hashlib.sha256(text.encode()).hexdigest()}", info.size)

    @property
    def is_unread(self) -> bool:
        """Whether the object was not read completely."""
        return self.digest.startswith("name:")


def now_of(connection: psycopg.Connection[Any]) -> datetime:
    """Return the time of the warehouse's clock."""
    now: datetime
    (now,) = database.fetch_one(connection, "read the clock", "select clock_timestamp()")
    return now


def take(
    info: ObjectInfo, intake: Intake, held: DeliveryReceipt | None = None
) -> DeliveryReceipt | None:
    """Parse or hold one file; return None if it is no new delivery.

    Args:
        info: the file as it is listed.
        intake: how to read it.
        held: the held delivery of the same file, which the new delivery replaces; else None.

    Raises:
        BadDeliveryError: the held delivery cannot be replaced; names the reason.
    """
    started = time.monotonic()
    content = _Content.unread(info)
    receipt: DeliveryReceipt | None
    try:
        with _read(info, intake, content) as spool:
            receipt = _parse(info, intake, spool, held)
    except FileNotFoundError:
        if held is not None:
            raise BadDeliveryError(retries.vanished(held)) from None
        log.info("delivery_vanished", feed=intake.feed.name, object_name=printable(info.name))
        return None
    except UnsafeNameError as error:
        problem = HeldError(HoldReason.UNSAFE_NAME, str(error))
        receipt = _hold(problem, info, intake, content, held)
    except (HeldError, *refusals.OF_READING) as error:
        hold = refusals.hold_of(error)
        if hold is None:
            raise
        if _is_taken(error, info, intake):
            return None
        receipt = _hold(hold, info, intake, content, held)
    if receipt is not None:
        _log_receipt(receipt, time.monotonic() - started)
    return receipt


@contextmanager
def _read(info: ObjectInfo, intake: Intake, content: _Content) -> Iterator[Spool]:
    """Copy an object to a local file; record digest and size of its bytes."""
    source: BinaryIO
    check(info.name)
    with open_object(intake.store, info.name) as source, spooled(source, intake.limits) as spool:
        content.digest, content.size = spool.sha256, spool.size
        yield spool


def _parse(
    info: ObjectInfo, intake: Intake, spool: Spool, held: DeliveryReceipt | None
) -> DeliveryReceipt | None:
    feed, connection = intake.feed, intake.connection
    with whole(connection):
        if held is None:
            lost_deliveries.discard_unread(connection, feed, info.name)
        # read first: bytes that another run registers after this line are found by the next one,
        # or meet the unique key of arrivals
        follows, _ = arrivals.last_seen(connection, feed, info.name)
        if held is None and _is_repeated(connection, info, feed, spool.sha256):
            return None
    arrival = _arrival(info, intake, _Content(spool.sha256, spool.size), follows, held)
    with whole(connection), retries.replacing(connection, held, arrival) as new_id:
        file_name = info.name.rpartition("/")[2]
        now = now_of(connection)
        rules = Rules(feed, intake.provenances, now, intake.limits, file_name)
        receipt = parse(new_id, info, spool, rules, connection)
        if receipt.reason:
            receipt = replace(receipt, reason=taught(receipt.reason))
        deliveries.register(connection, receipt, arrival)
    return receipt


def _arrival(
    info: ObjectInfo,
    intake: Intake,
    content: _Content,
    follows: UUID | None,
    held: DeliveryReceipt | None,
) -> Arrival:
    retry_of = held.delivery_id if held else None
    return Arrival(info, content.digest, content.size, follows, intake.description, retry_of)


def _is_taken(error: Exception, info: ObjectInfo, intake: Intake) -> bool:
    if not refusals.is_taken_by_another(error):
        return False
    log.info("delivery_taken_by_another", feed=intake.feed.name, object_name=printable(info.name))
    return True


def _is_repeated(
    connection: psycopg.Connection[Any], info: ObjectInfo, feed: SourceFeed, digest: str
) -> bool:
    """Return whether known bytes arrived again without any effect."""
    known = deliveries.by_content(connection, feed.source, feed.name, digest)
    if known is None:
        return False
    if known.state == "held":
        is_unread = known.rows_in_file is None
        if is_unread and _suffix(known.object_name) != _suffix(info.name):
            deliveries.supersede(connection, known, info.name)
            return False
    if arrivals.is_last_arrival(connection, known, info, feed):
        return True
    if known.state != "held" and arrivals.may_be_superseded(connection, known, feed):
        return False
    arrivals.record_repeat(connection, known.delivery_id, info)
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
    info: ObjectInfo,
    intake: Intake,
    content: _Content,
    held: DeliveryReceipt | None,
) -> DeliveryReceipt | None:
    """Register an unreadable file as held, once.

    Raises:
        BadDeliveryError: the file was held before, and the store cannot read it now.
    """
    if held is not None and problem.reason is HoldReason.STORE_FAILED:
        raise BadDeliveryError(
            f"the store cannot read {held.object_name} now ({problem.detail}); delivery "
            f"{held.delivery_id} stays as it is"
        )
    feed, connection = intake.feed, intake.connection
    if content.is_unread and problem.reason is HoldReason.TOO_LARGE:
        content.digest = f"{content.digest}:{content.size}"
    name = info.name if is_safe(info.name) else printable(info.name)[:500]
    receipt = DeliveryReceipt(
        delivery_id=uuid4(),
        source=feed.source,
        feed=feed.name,
        object_name=name,
        load_kind=kind_of(info.name, feed),
        state="held",
        landed_table=None,
        rows_in_file=None,
        rows_rejected=0,
        rows_duplicate=0,
        reason=taught(str(problem)),
        lines=None if problem.lines is None else FileLines(problem.lines),
    )
    try:
        with whole(connection):
            follows, _ = arrivals.last_seen(connection, feed, name)
            known = deliveries.by_content(connection, feed.source, feed.name, content.digest)
            if held is None and known is not None and known.state == "held":
                return None
            arrival = _arrival(info, intake, content, follows, held)
            with retries.replacing(connection, held, arrival) as new_id:
                receipt = replace(receipt, delivery_id=new_id)
                deliveries.register(connection, receipt, arrival)
    except psycopg.errors.UniqueViolation as error:
        if not _is_taken(error, info, intake):
            raise
        return None
    return receipt


def _log_receipt(receipt: DeliveryReceipt, seconds: float) -> None:
    write = log.warning if receipt.state == "held" else log.info
    write(
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
