"""Read JSON lines as chunks of text; one line is one record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import numpy as np
import pyarrow as pa

from features.ingest.chunks import Chunk, Header, Malformed, check_rows
from features.ingest.limits import Limits
from features.ingest.lines import Block, LineTally, Records, blocks
from features.ingest.readers.json_rows import RowDecoder, check_keys, columns_of
from features.ingest.reasons import RowReason
from features.sources.mapping import SourceFeed


def json_chunks(
    text: IO[bytes], feed: SourceFeed, header: Header, limits: Limits, tally: LineTally
) -> Iterator[Chunk]:
    """Read JSON lines; numbers keep their digits, and a line without an object is malformed.

    Raises:
        HeldError: no line of the first chunk has a required key, or a line is too long.
    """
    done = 0
    is_judged = False
    decoder = RowDecoder(feed)
    for whole in blocks(text, limits, tally):
        block = _without_blanks(whole, tally)
        read = [decoder.row(block.text(position)) for position in range(len(block))]
        rows = [None if isinstance(row, str) else row for row in read]
        objects = [row for row in rows if row is not None]
        if objects and not is_judged:
            check_keys(objects, feed, header, limits)
            is_judged = True
        faults = {place: row for place, row in enumerate(read) if isinstance(row, str)}
        columns = columns_of(rows, feed, faults)
        numbers = np.arange(done + 1, done + 1 + len(rows), dtype=np.int64)
        done += len(rows)
        check_rows(done, limits)
        kept = np.delete(np.arange(len(rows)), sorted(faults))
        yield Chunk(
            {name: column.take(pa.array(kept)) for name, column in columns.items()},
            numbers[kept],
            [
                Malformed(int(numbers[place]), RowReason.MALFORMED_JSON, block.record(place), fault)
                for place, fault in sorted(faults.items())
            ],
            Records(block, kept),
        )


def _without_blanks(block: Block, tally: LineTally) -> Block:
    """Remove lines of white space, which have no record."""
    is_blank = np.array([not block.text(n).strip() for n in range(len(block))], np.bool_)
    tally.blank += int(is_blank.sum())
    return block.only(np.flatnonzero(~is_blank))
