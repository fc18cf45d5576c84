"""The reference of a source's description equals the code that checks it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from features.feeds import FEEDS, Column, ColumnKind
from features.ingest.checks import Rules, check
from features.ingest.chunks import Chunk
from features.ingest.limits import DEFAULT
from features.sources import date_formats
from features.sources.mapping import SourceFeed
from features.sources.value_forms import DIRECTIVES, FORMS
from infra.docs import source_keys

NOW = datetime(2026, 11, 1, tzinfo=UTC)
#: A column of each kind; the first feed that has one.
COLUMNS: dict[ColumnKind, tuple[str, Column]] = {
    column.kind: (feed.name, column)
    for feed in reversed(FEEDS.values())
    for column in reversed(feed.columns)
}


def test_the_reference_is_current() -> None:
    stale = "docs/bring-your-own-data.md is stale; `make docs` writes its reference anew"

    assert source_keys.PAGE.read_text() == source_keys.render(), stale


def test_the_reference_explains_every_kind_and_every_directive() -> None:
    assert set(FORMS) == set(ColumnKind)
    assert set(DIRECTIVES) == set(date_formats._DIRECTIVES)


@pytest.mark.parametrize("kind", [kind for kind in ColumnKind if kind in COLUMNS])
def test_ingest_accepts_the_examples_of_a_kind_and_rejects_its_counterexamples(
    kind: ColumnKind,
) -> None:
    feed_name, column = COLUMNS[kind]
    feed = _a_source(feed_name)

    for text in FORMS[kind].examples:
        assert column.name not in _reasons(feed, column, text), text
    for text in FORMS[kind].refused:
        assert _reasons(feed, column, text).startswith(column.name), text


def _a_source(name: str) -> SourceFeed:
    feed = FEEDS[name]
    return SourceFeed.model_validate(
        {
            **{"feed": name, "source": "test", "folder": "landing/test", "formats": ("csv",)},
            "columns": {column.name: column.name for column in feed.columns},
        }
    )


def _reasons(feed: SourceFeed, column: Column, text: str) -> str:
    """Return the first reason to reject a row of examples with one other text."""
    unasked = {rule.column for rule in feed.declaration.companions}
    texts = {
        each.name: FORMS[each.kind].examples[0]
        for each in feed.declaration.columns
        if each.name not in unasked
    }
    texts |= {column.name: text}
    chunk = Chunk({name: pa.array([value]) for name, value in texts.items()}, np.array([1]))
    rules = Rules(feed, ("chargeback",), NOW, DEFAULT)
    return "; ".join(check(chunk, rules).verdicts.rejected()[2])
