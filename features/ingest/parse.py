"""Parse one file into its landed table: check each chunk, count rows and lines, check the whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pyarrow as pa

from features.feeds.leaks import PROTECTED
from features.ingest import cards, landing, whole_file
from features.ingest.checks import Rules, check
from features.ingest.chunks import Chunk, Header
from features.ingest.lines import LineTally, Record
from features.ingest.opening import opened
from features.ingest.reasons import SENTENCES, WITHHELD, HeldError, HoldReason, RowReason
from features.ingest.receipts import DeliveryReceipt, FileLines
from features.ingest.spool import Spool
from features.ingest.waiting import kind_of
from features.ingest.whole_file import Tally
from features.platform import failpoints, progress
from features.platform.objects import ObjectInfo
from features.sources.mapping import SourceFeed

# a key of JSON at any place of the line
_PROTECTED_KEY = re.compile(rf'"(?:{"|".join(sorted(PROTECTED))})"\s*:', re.IGNORECASE)

_ROWS_TO_ANALYZE = 5_000


def parse(
    delivery_id: UUID,
    info: ObjectInfo,
    spool: Spool,
    rules: Rules,
    connection: psycopg.Connection[Any],
) -> DeliveryReceipt:
    """Fill the landed table of one file; the caller's transaction makes this atomic."""
    feed = rules.feed
    table = landing.table_name(feed.name, delivery_id)
    landing.create(connection, table, rules.columns, is_protected=feed.is_protected)
    is_history = kind_of(info.name, feed) == "history"
    header, tally = Header(is_history=is_history), Tally()
    with opened(info.name, spool, rules) as file:
        reading = file.read(rules, header)
        for typed, rejected in _ahead(prepared(reading.chunks, rules, header, tally)):
            landing.copy(connection, table, typed)
            failpoints.reach("before_rejects")
            landing.copy(connection, None, rejected)
            progress.advance("rows", typed.num_rows + rejected.num_rows)
        check_lines(reading.lines)
        twins = landing.twins(connection, table, feed.declaration.key, rules.columns)
        if len(twins.conflicts):
            again = file.read(rules, Header())
            for rejected in _conflicting(twins.conflicts, again.chunks, feed, header, tally):
                landing.copy(connection, None, rejected)
    failpoints.reach("after_landed_copy")
    if tally.rows > _ROWS_TO_ANALYZE:  # the size of a small table is enough for the planner
        connection.execute(b"analyze " + table.encode())
    reason = whole_file.hold_reason(connection, table, tally, rules)
    return DeliveryReceipt(
        delivery_id,
        feed.source,
        feed.name,
        info.name,
        kind_of(info.name, feed),
        "held" if reason else "parsed",
        table,
        tally.rows,
        tally.reasons.total(),
        twins.duplicates,
        reason,
        (*header.notes, *whole_file.notes(tally, feed)),
        _file_lines(reading.lines, tally, twins),
    )


def check_lines(lines: LineTally | None) -> None:
    """Compare two counts of the lines of a file: of its text, and of the records read from it.

    Raises:
        HeldError: the counts differ.
    """
    if lines is not None and lines.total != lines.expected:
        raise HeldError(HoldReason.UNREADABLE, f"{lines.total} lines were read of {lines.expected}")


def _file_lines(lines: LineTally | None, tally: Tally, twins: landing.Twins) -> FileLines | None:
    if lines is None:
        return None
    return FileLines(
        lines.total,
        lines.header,
        lines.blank,
        lines.continuation,
        tally.rejected_lines,
        twins.duplicate_lines,
    )


def prepared(
    source: Iterator[Chunk], rules: Rules, header: Header, tally: Tally
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Check each chunk: the typed rows that passed, and the rejected rows with their originals.

    It takes one chunk for each pair that it yields, and needs no warehouse.
    """
    for chunk in source:
        checked = check(chunk, rules)
        tally.faults.add(chunk, checked.verdicts, rules.feed)
        tally.remarks += checked.verdicts.remarks
        rows, reasons, details = checked.verdicts.rejected()
        counts = chunk.line_counts
        malformed_lines = sum(row.record.line_count for row in chunk.malformed)
        tally.rows += len(chunk.row_numbers) + len(chunk.malformed)
        tally.lines += len(chunk.row_numbers) if counts is None else int(counts.sum())
        tally.lines += malformed_lines
        _count_prefixes(chunk, rules, tally)
        rejected = _Rejected(
            [*chunk.row_numbers[rows].tolist(), *(row.row_number for row in chunk.malformed)],
            [*reasons, *(row.reason for row in chunk.malformed)],
            [*details, *(row.detail for row in chunk.malformed)],
            [*chunk.originals(rows), *(row.record for row in chunk.malformed)],
            chunk.delimiter,
        )
        yield checked.typed, rejected.kept(rules.feed, header, tally)


@dataclass(frozen=True, slots=True)
class _Rejected:
    """Rejected rows of a chunk, column by column."""

    numbers: Sequence[int]
    reasons: Sequence[RowReason]
    details: Sequence[str]
    records: Sequence[Record]
    delimiter: str | None

    def kept(self, feed: SourceFeed, header: Header, tally: Tally) -> pa.Table:
        """Count the rows, and return them as they are kept."""
        tally.reasons.update(self.reasons)
        tally.rejected_lines += sum(record.line_count for record in self.records)
        texts = self._texts(feed, header)
        return landing.rejected_rows(self.numbers, self.reasons, self.details, self.records, texts)

    def _texts(self, feed: SourceFeed, header: Header) -> list[str]:
        """Return the texts of the rows as the register may keep them, without protected values."""
        if feed.conceals or header.conceals:
            return [WITHHELD] * len(self.records)
        texts = [record.text for record in self.records]
        masked = cards.mask_all(texts, delimiter=self.delimiter)
        for row, reason in enumerate(self.reasons):
            if reason is RowReason.WRONG_FIELD_COUNT:  # a number may contain the delimiter
                masked[row] = cards.mask(texts[row])
        return [WITHHELD if _PROTECTED_KEY.search(text) else text for text in masked]


def _ahead(
    source: Iterator[tuple[pa.Table, pa.Table]],
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Prepare the next chunk while the caller copies this one.

    A small file has one chunk and needs no thread.
    """
    for _ in range(2):
        if (ready := next(source, None)) is None:
            return
        yield ready
    with ThreadPoolExecutor(1, thread_name_prefix="ingest") as worker:
        coming = worker.submit(next, source, None)
        while (ready := coming.result()) is not None:
            coming = worker.submit(next, source, None)
            yield ready


def _conflicting(
    numbers: np.ndarray[Any, Any],
    source: Iterator[Chunk],
    feed: SourceFeed,
    header: Header,
    tally: Tally,
) -> Iterator[pa.Table]:
    """Read the file once more for the text of rows that contradict each other; this is rare."""
    reason = RowReason.CONFLICTING_CONTENT
    for chunk in source:
        rows = np.flatnonzero(np.isin(chunk.row_numbers, numbers))
        rejected = _Rejected(
            chunk.row_numbers[rows].tolist(),
            [reason] * len(rows),
            [SENTENCES[reason]] * len(rows),
            chunk.originals(rows),
            chunk.delimiter,
        )
        yield rejected.kept(feed, header, tally)


def _count_prefixes(chunk: Chunk, rules: Rules, tally: Tally) -> None:
    for name in rules.feed.numeric_id:
        column = chunk.columns.get(rules.feed.delivered_name(name) or "")
        if column is not None:
            tally.prefixes[name] += cards.count_known_prefixes(column)
