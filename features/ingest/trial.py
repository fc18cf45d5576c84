"""Check a row that a person enters by the rules of ingest, before any delivery."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from features.ingest.checks import Rules, check
from features.ingest.chunks import Header
from features.ingest.limits import DEFAULT
from features.ingest.lines import LineTally
from features.ingest.readers.json_files import json_chunks
from features.ingest.reasons import HeldError
from features.sources.mapping import SourceFeed


def objections(row: Mapping[str, Any], feed: SourceFeed, now: datetime) -> list[str]:
    """Return the reasons to reject a row; an empty list means that ingest would admit it.

    A file may have unknown columns. A row that a person enters may not, because a misspelt optional
    column would count as missing.

    Args:
        row: by delivered name.
        feed: the feed of the row; not a feed of labels.
        now: no event is later.
    """
    rules, header = Rules(feed, (), now, DEFAULT), Header()
    line = io.BytesIO(json.dumps(row).encode() + b"\n")
    try:
        chunks = list(json_chunks(line, feed, header, DEFAULT, LineTally(1)))
    except HeldError as error:
        return [error.detail]
    malformed = [row.detail for chunk in chunks for row in chunk.malformed]
    if malformed or header.notes:
        return [*malformed, *header.notes]
    return [detail for chunk in chunks for detail in check(chunk, rules).verdicts.rejected()[2]]
