"""One file to its landed table: checked chunk by chunk, counted, and judged as a whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any
from uuid import UUID

import numpy as np
import psycopg
import pyarrow as pa

from features import failpoints
from features.canonical import PROTECTED
from features.feeds import Feed, FileFormat
from features.ingest import cards, landing
from features.ingest.checks import Rules, check
from features.ingest.chunks import Chunk, Header
from features.ingest.csv_files import csv_chunks
from features.ingest.json_files import json_chunks
from features.ingest.parquet_files import parquet_chunks
from features.ingest.reasons import SENTENCES, WITHHELD, HoldReason, RowReason
from features.ingest.receipts import DeliveryReceipt
from features.ingest.spool import Spool, file_format, rewind, text_of
from features.ingest.versions import LEDGERS
from features.ingest.waiting import kind_of
from features.objects import ObjectInfo

_PREFIX_SHARE = 0.2
# a key of JSON, wherever in the line it stands
_PROTECTED_KEY = re.compile(rf'"(?:{"|".join(sorted(PROTECTED))})"\s*:', re.IGNORECASE)


@dataclass(slots=True)
class _Tally:
    """What is counted while a file goes by."""

    rows: int = 0
    reasons: Counter[RowReason] = field(default_factory=Counter)
    prefixes: Counter[str] = field(default_factory=Counter)


def parse(
    delivery_id: UUID,
    info: ObjectInfo,
    spool: Spool,
    rules: Rules,
    connection: psycopg.Connection[Any],
) -> DeliveryReceipt:
    """Fill the landed table of one file; the caller's transaction makes it all or nothing."""
    feed = rules.feed
    table = landing.table_name(feed.name, delivery_id)
    landing.create(connection, table, rules.columns, is_protected=feed.is_protected)
    header, tally = Header(), _Tally()
    with _opened(info.name, spool, rules) as opened:
        prepared = _prepared(_chunks(opened, rules, header), rules, header, tally)
        for typed, rejected in _ahead(prepared):
            landing.copy(connection, table, typed)
            failpoints.reach("before_rejects")
            landing.copy(connection, None, rejected)
        conflicts, duplicates = landing.twins(connection, table, feed.name, rules.columns)
        if conflicts:
            rejected = _conflicting(conflicts, _chunks(opened, rules, Header()), feed, header)
            landing.copy(connection, None, rejected)
            tally.reasons[RowReason.CONFLICTING_CONTENT] = len(conflicts)
    failpoints.reach("after_landed_copy")
    connection.execute(b"analyze " + table.encode())
    bad = tally.reasons.total()
    reason = (
        _hold_reason(tally, feed)
        or _too_many_days(connection, table, rules)
        or _same_applicant(connection, table, rules)
    )
    notes = (*header.notes, *_prefix_notes(tally, feed))
    return DeliveryReceipt(
        delivery_id,
        feed.source,
        feed.name,
        info.name,
        kind_of(info.name, feed),
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


def _chunks(opened: _Opened, rules: Rules, header: Header) -> Iterator[Chunk]:
    kind, spool, text = opened
    if text is None:
        return parquet_chunks(spool, rules.feed, header, rules.limits)
    rewind(text)
    read = csv_chunks if kind is FileFormat.CSV else json_chunks
    return read(text, rules.feed, header, rules.limits)


def _prepared(
    source: Iterator[Chunk], rules: Rules, header: Header, tally: _Tally
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
                _kept(originals, rules.feed, header),
            ),
        )


def _kept(originals: list[str], feed: Feed, header: Header) -> list[str]:
    """Return the texts of rejected rows as they may be kept: nothing of what may not be read."""
    if feed.conceals or header.conceals:
        return [WITHHELD] * len(originals)
    masked = cards.mask_all(originals)
    return [WITHHELD if _PROTECTED_KEY.search(text) else text for text in masked]


def _ahead(
    source: Iterator[tuple[pa.Table, pa.Table]],
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Prepare the next chunk while the caller copies this one."""
    with ThreadPoolExecutor(1, thread_name_prefix="ingest") as worker:
        coming = worker.submit(next, source, None)
        while (ready := coming.result()) is not None:
            coming = worker.submit(next, source, None)
            yield ready


def _conflicting(
    numbers: list[int], source: Iterator[Chunk], feed: Feed, header: Header
) -> pa.Table:
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
        _kept(originals, feed, header),
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
    ledger = LEDGERS.get(rules.feed.name)
    if ledger is None or not ledger.has_days:
        return None
    row = connection.execute(
        b"select count(distinct (occurred_at at time zone 'UTC')::date) from " + table.encode()
    ).fetchone()
    days = row[0] if row else 0
    if days <= rules.limits.days:
        return None
    return f"{HoldReason.TOO_MANY_DAYS}: rows of {days} days, allowed {rules.limits.days}"


def _same_applicant(connection: psycopg.Connection[Any], table: str, rules: Rules) -> str | None:
    """Say where a placeholder stands for a person: everybody's past would be everybody else's."""
    if rules.feed.name != "applications":
        return None
    row = connection.execute(
        b"select count(*) from " + table.encode() + b" group by customer_id order by 1 desc limit 1"
    ).fetchone()
    most = row[0] if row else 0
    if most <= rules.limits.same_applicant:
        return None
    return (
        f"{HoldReason.SAME_APPLICANT}: {most} applications of one customer_id, allowed "
        f"{rules.limits.same_applicant}; a placeholder is nobody"
    )


def _count_prefixes(chunk: Chunk, rules: Rules, tally: _Tally) -> None:
    for name in rules.feed.numeric_id:
        column = chunk.columns.get(rules.feed.columns.get(name, ""))
        if column is not None:
            tally.prefixes[name] += cards.count_known_prefixes(column)


def _prefix_notes(tally: _Tally, feed: Feed) -> list[str]:
    return [
        f"{name} is declared numeric_id; {count} of {tally.rows} values begin as card numbers do"
        for name, count in sorted(tally.prefixes.items())
        if count > _PREFIX_SHARE * tally.rows and name in feed.numeric_id
    ]
