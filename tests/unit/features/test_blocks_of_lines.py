"""Many short lines fill no memory: a block holds some records, and none is lost between two."""

from __future__ import annotations

import io

import pytest

from features.ingest import lines
from features.ingest.limits import DEFAULT

TEXT = b"a\n" * 3_000 + b"\r\n" * 7 + b'"x\ny",2\n' * 1_500 + b"tail"


@pytest.mark.parametrize("multiline_fields", [False, True])
def test_blocks_of_few_records_hold_what_one_block_holds(
    multiline_fields: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    for most in (lines._RECORDS, 1_000, 7):
        # the real bound takes 131,072 lines to reach
        monkeypatch.setattr(lines, "_RECORDS", most)
        tally = lines.LineTally(0)
        options = {"multiline_fields": multiline_fields}
        blocks = list(lines.blocks(io.BytesIO(TEXT), DEFAULT, tally, **options))
        assert max(map(len, blocks)) <= most
        read.append(([b.record(n) for b in blocks for n in range(len(b))], tally))

    assert read[0] == read[1] == read[2]
