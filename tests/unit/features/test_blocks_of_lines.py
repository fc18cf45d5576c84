"""Blocks bound the memory that many short lines need, and no record is lost between blocks."""

from __future__ import annotations

import io

import pytest

from features.ingest import lines
from features.ingest.limits import DEFAULT

TEXT = b"a\n" * 3_000 + b"\r\n" * 7 + b'"x\ny",2\n' * 1_500 + b"tail"


@pytest.mark.parametrize("quotes", [None, lines.Quotes('"')])
def test_small_blocks_hold_the_same_records_as_one_block(
    quotes: lines.Quotes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = []
    for most in (lines._RECORDS, 1_000, 7):
        # reaching the real bound takes 131,072 lines
        monkeypatch.setattr(lines, "_RECORDS", most)
        tally = lines.LineTally(0)
        blocks = list(lines.blocks(io.BytesIO(TEXT), DEFAULT, tally, quotes=quotes))
        assert max(map(len, blocks)) <= most
        results.append(([b.record(n) for b in blocks for n in range(len(b))], tally))

    assert results[0] == results[1] == results[2]
