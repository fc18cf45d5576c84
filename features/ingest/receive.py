"""Waiting files to landed tables: parsed once, every row judged, all of a file or nothing."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import IO, Any, Literal
from uuid import UUID, uuid4

import numpy as np
import psycopg
import pyarrow as pa
import structlog

from features.ingest import cards, chunks, deliveries, landing
from features.ingest.checks import Rules, check
from features.ingest.clock import whole
from features.ingest.limits import DEFAULT, Limits
from features.ingest.reasons import SENTENCES, HeldError, HoldReason, RowReason
from features.ingest.receipts import DeliveryReceipt
from features.ingest.spool import Spool, file_format, rewind, spooled, text_of
from features.objects import ObjectInfo, ObjectStore, UnsafeNameError, check_name
from features.sources import Feed, FileFormat

log = structlog.get_logger(__name__)

LoadKind = Literal["history", "live"]
_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")
_PREFIX_SHARE = 0.2


@dataclass(slots=True)
class _Tally:
    """What is counted while a file goes by."""

    rows: int = 0
    reasons: Counter[RowReason] = field(default_factory=Counter)
    prefixes: Counter[str] = field(default_factory=Counter)


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
    held = []
    for info in _offered(feed, store, connection, now, load_kind):
        receipt = _take(info, feed, store, connection, provenances, limits)
        if receipt is not None and receipt.state == "held":
            held.append(receipt)
    with whole(connection):
        parsed = deliveries.waiting(connection, feed.source, feed.name)
    if load_kind is not None:
        parsed = [receipt for receipt in parsed if receipt.load_kind == load_kind]
    return parsed + held


def _now(connection: psycopg.Connection[Any]) -> datetime:
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None  # noqa: S101 - a select without a from has one row
    now: datetime = row[0]
    return now


def _offered(
    feed: Feed,
    store: ObjectStore,
    connection: psycopg.Connection[Any],
    now: datetime,
    load_kind: LoadKind | None,
) -> list[ObjectInfo]:
    """Return the objects to look at: finished, not seen before, history first."""
    found = {info.name: info for info in store.list(f"{feed.folder}/") if _is_finished(info.name)}
    recent = now - timedelta(seconds=feed.settle_seconds)
    if not store.writes_are_atomic and any(info.modified_at > recent for info in found.values()):
        time.sleep(feed.settle_seconds)
        again = {info.name: info for info in store.list(f"{feed.folder}/")}
        growing = [name for name, info in found.items() if again.get(name) != info]
        for name in growing:
            log.info("delivery_still_growing", feed=feed.name, object_name=ascii(name))
            del found[name]
    if load_kind is not None:
        found = {name: info for name, info in found.items() if _kind(name, feed) == load_kind}
    readable = [info for info in found.values() if _is_plain(info.name)]
    with whole(connection):
        seen = deliveries.taken(connection, feed.source, feed.name, readable)
    fresh = [info for name, info in found.items() if name not in seen]
    return sorted(fresh, key=lambda info: (_kind(info.name, feed) == "live", info.name))


def _is_finished(name: str) -> bool:
    file = name.rpartition("/")[2]
    return not file.startswith((".", "_")) and not file.lower().endswith(_UNFINISHED)


def _is_plain(name: str) -> bool:
    try:
        check_name(name)
    except UnsafeNameError:
        return False
    return True


def _kind(name: str, feed: Feed) -> LoadKind:
    return "history" if name.startswith(f"{feed.history_folder}/") else "live"


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
                receipt = _parse(delivery_id, info, spool, rules, connection)
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
        deliveries.note_repeated(connection, known[0], info.name)
    if known[1] != info.name:
        log.info(
            "delivery_repeated",
            feed=feed.name,
            object_name=ascii(info.name),
            delivery_id=str(known[0]),
        )
    return True


def _hold(
    problem: HeldError,
    delivery_id: UUID,
    info: ObjectInfo,
    feed: Feed,
    connection: psycopg.Connection[Any],
    content: tuple[str, int],
) -> DeliveryReceipt | None:
    """Register a file that could not be read, once."""
    name = info.name if _is_plain(info.name) else ascii(info.name)[:500]
    receipt = DeliveryReceipt(
        delivery_id,
        feed.source,
        feed.name,
        name,
        _kind(info.name, feed),
        "held",
        landed_table=None,
        rows_in_file=None,
        rows_rejected=0,
        rows_duplicate=0,
        reason=str(problem),
    )
    with whole(connection):
        if deliveries.by_content(connection, feed.source, feed.name, content[0]):
            return None
        deliveries.register(connection, receipt, *content)
    return receipt


def _parse(
    delivery_id: UUID,
    info: ObjectInfo,
    spool: Spool,
    rules: Rules,
    connection: psycopg.Connection[Any],
) -> DeliveryReceipt:
    """Fill the landed table of one file; the caller's transaction makes it all or nothing."""
    feed = rules.feed
    table = landing.table_name(feed.name, delivery_id)
    landing.create(connection, table, rules.columns)
    header, tally = chunks.Header(), _Tally()
    with _opened(info.name, spool, rules) as opened:
        prepared = _prepared(_chunks(opened, rules, header), rules, tally)
        for typed, rejected in _ahead(prepared):
            landing.copy(connection, table, typed)
            landing.copy(connection, None, rejected)
        conflicts, duplicates = landing.twins(connection, table, feed.name, rules.columns)
        if conflicts:
            rejected = _conflicting(conflicts, _chunks(opened, rules, chunks.Header()))
            landing.copy(connection, None, rejected)
            tally.reasons[RowReason.CONFLICTING_CONTENT] = len(conflicts)
    connection.execute(b"analyze " + table.encode())
    bad = tally.reasons.total()
    reason = _hold_reason(tally, feed) or _too_many_days(connection, table, rules)
    notes = (*header.notes, *_prefix_notes(tally, feed))
    return DeliveryReceipt(
        delivery_id,
        feed.source,
        feed.name,
        info.name,
        _kind(info.name, feed),
        "held" if reason else "parsed",
        table,
        tally.rows,
        bad,
        duplicates,
        reason,
        notes,
    )


_Opened = tuple[FileFormat, Spool, IO[bytes] | None]


@contextmanager
def _opened(name: str, spool: Spool, rules: Rules) -> Iterator[_Opened]:
    kind, zipped = file_format(name, rules.feed)
    if kind is FileFormat.PARQUET:
        yield kind, spool, None
        return
    with text_of(spool, kind, zipped=zipped, feed=rules.feed, limits=rules.limits) as text:
        yield kind, spool, text


def _chunks(opened: _Opened, rules: Rules, header: chunks.Header) -> Iterator[chunks.Chunk]:
    kind, spool, text = opened
    if text is None:
        return chunks.parquet_chunks(spool, rules.feed, header, rules.limits)
    rewind(text)
    read = chunks.csv_chunks if kind is FileFormat.CSV else chunks.json_chunks
    return read(text, rules.feed, header, rules.limits)


def _prepared(
    source: Iterator[chunks.Chunk], rules: Rules, tally: _Tally
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Check each chunk: the typed rows that passed, and the rejected rows with their originals."""
    for chunk in source:
        checked = check(chunk, rules)
        rows, reasons, details = checked.verdicts.rejected()
        tally.rows += len(chunk.row_numbers) + len(chunk.malformed)
        tally.reasons.update([*reasons, *(row.reason for row in chunk.malformed)])
        _count_prefixes(chunk, rules, tally)
        originals = [*chunk.originals(rows), *(row.original for row in chunk.malformed)]
        yield (
            checked.typed,
            landing.rejected_rows(
                [*chunk.row_numbers[rows].tolist(), *(row.row_number for row in chunk.malformed)],
                [*reasons, *(row.reason for row in chunk.malformed)],
                [*details, *(SENTENCES[row.reason] for row in chunk.malformed)],
                cards.mask_all(originals),
            ),
        )


def _ahead(
    source: Iterator[tuple[pa.Table, pa.Table]],
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Prepare the next chunk while the caller copies this one."""
    with ThreadPoolExecutor(1, thread_name_prefix="ingest") as worker:
        coming = worker.submit(next, source, None)
        while (ready := coming.result()) is not None:
            coming = worker.submit(next, source, None)
            yield ready


def _conflicting(numbers: list[int], source: Iterator[chunks.Chunk]) -> pa.Table:
    """Read the file once more for the text of rows that contradict each other; this is rare."""
    wanted = np.array(numbers, np.int64)
    originals: list[str] = []
    for chunk in source:
        rows = np.flatnonzero(np.isin(chunk.row_numbers, wanted))
        originals += chunk.originals(rows)
    reason = RowReason.CONFLICTING_CONTENT
    return landing.rejected_rows(
        numbers,
        [reason] * len(numbers),
        [SENTENCES[reason]] * len(numbers),
        cards.mask_all(originals),
    )


def _hold_reason(tally: _Tally, feed: Feed) -> str | None:
    bad = tally.reasons.total()
    if not bad or bad <= feed.tolerated_bad_share * tally.rows:
        return None
    counts = ", ".join(f"{reason} {count}" for reason, count in tally.reasons.most_common())
    hint = ""
    if tally.reasons.most_common(1)[0][0] is RowReason.CARD_NUMBER:
        hint = "; identifiers that are long numbers belong into the source's numeric_id"
    return (
        f"{HoldReason.TOO_MANY_BAD_ROWS}: {bad} of {tally.rows} rows "
        f"({bad / tally.rows:.1%}, tolerated {feed.tolerated_bad_share:.1%}): {counts}{hint}"
    )


def _too_many_days(connection: psycopg.Connection[Any], table: str, rules: Rules) -> str | None:
    if rules.feed.name != "transactions":
        return None
    row = connection.execute(
        b"select count(distinct (occurred_at at time zone 'UTC')::date) from " + table.encode()
    ).fetchone()
    days = row[0] if row else 0
    if days <= rules.limits.days:
        return None
    return f"{HoldReason.TOO_MANY_DAYS}: rows of {days} days, allowed {rules.limits.days}"


def _count_prefixes(chunk: chunks.Chunk, rules: Rules, tally: _Tally) -> None:
    for name in rules.feed.numeric_id:
        column = chunk.columns.get(rules.feed.columns.get(name, ""))
        if column is not None:
            tally.prefixes[name] += cards.count_known_prefixes(column)


def _prefix_notes(tally: _Tally, feed: Feed) -> list[str]:
    return [
        f"{name} is declared numeric_id, and {count} of {tally.rows} values begin as card numbers do"
        for name, count in sorted(tally.prefixes.items())
        if count > _PREFIX_SHARE * tally.rows and name in feed.numeric_id
    ]


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
