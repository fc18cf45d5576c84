"""Laws of drafts and checks: no text breaks them, and no shown value is a card number."""

from __future__ import annotations

import re
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from features.feeds.columns import ColumnKind
from features.platform.card_numbers import has_card_number
from features.platform.errors import ConfigurationError
from features.sources import descriptions
from features.tryout.check import Place, check_file
from features.tryout.check_page import page
from features.tryout.draft import draft_of
from features.tryout.draft_trial import tried
from features.tryout.hashes import hashed
from features.tryout.masking import masked, masked_row
from features.tryout.repeats import RepeatCounter
from features.tryout.sample import sample_of
from features.tryout.yaml_text import flow

CARD = "4111111111111111"
DESCRIPTION = """\
description: A source of a test.
time_zone: UTC
maturity_days: 7
feeds:
  transactions:
    formats: [csv]
    columns: {transaction_id: a, customer_id: b, merchant_id: c, timestamp: d, amount: e,
              currency: {constant: EUR}}
"""
cells = st.one_of(
    st.sampled_from(["", CARD, "1", "-3,50", "$1", "2026-01-05", "x", '"', "NULL", "4111-1111"]),
    st.text(max_size=12),
)
tables = st.lists(st.lists(cells, min_size=1, max_size=6), max_size=12)


@settings(deadline=None, max_examples=25)
@given(
    content=st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)),
    suffix=st.sampled_from(["csv", "tsv", "txt", "json", "jsonl", "csv.gz", "parquet", "zip"]),
)
def test_no_bytes_break_a_draft(content: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"file.{suffix}"
        file.write_bytes(content)

        with suppress(ConfigurationError):
            assert yaml.safe_load(tried(draft_of(sample_of(file)), file).text)["feeds"]


@settings(deadline=None, max_examples=25)
@given(rows=tables, delimiter=st.sampled_from([",", ";", "\t", "|"]))
def test_no_table_breaks_a_draft_or_shows_a_card_number(
    rows: list[list[str]], delimiter: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file.csv"
        text = "\n".join(delimiter.join(row) for row in rows)
        file.write_bytes(text.encode("utf-8", errors="replace"))

        with suppress(ConfigurationError):
            assert CARD not in tried(draft_of(sample_of(file)), file).text


@settings(deadline=None, max_examples=25)
@given(rows=tables)
def test_no_table_breaks_a_check_or_shows_a_card_number(rows: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        description = Path(folder) / "source.yaml"
        description.write_text(DESCRIPTION)
        sources = descriptions.load(str(description))
        file = Path(folder) / "file.csv"
        lines = [",".join(row) for row in [["a", "b", "c", "d", "e"], *rows]]
        file.write_bytes(("\n".join(lines) + "\n").encode("utf-8", errors="replace"))

        check = check_file(Place(file), sources, sources.feeds["transactions"])

        assert check.accepted >= 0
        shown = page([check], description="x", steps=[], moment=datetime.now(UTC))
        assert CARD not in shown


@given(
    before=st.text(max_size=20),
    after=st.text(max_size=20),
    kind=st.sampled_from([None, *ColumnKind]),
)
def test_a_masked_value_holds_no_full_card_number(
    before: str, after: str, kind: ColumnKind | None
) -> None:
    for card in (CARD, "4111 1111 1111 1111", "5105-1051-0510-5100"):
        text = f"{before} {card} {after}"

        assert re.sub(r"\D", "", card) not in re.sub(r"[^0-9]", "", masked(text, kind))
        assert not has_card_number(masked_row(f"x,{card},y"))


@given(st.lists(st.text(max_size=9), max_size=30))
def test_equal_texts_have_equal_hashes_and_others_differ(texts: list[str]) -> None:
    column = pa.array([text.encode("utf-8", "replace").decode() for text in texts])

    hashes = hashed(column)

    assert len(np.unique(hashes)) == len(set(column.to_pylist()))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=30))
def test_repeats_are_those_of_the_plain_definition(rows: list[tuple[int, int]]) -> None:
    counter = RepeatCounter(("key",), ("key", "value"))
    for start in range(0, len(rows), 7):
        part = rows[start : start + 7]
        counter.add(
            pa.table(
                {
                    "key": [str(key) for key, _ in part],
                    "value": pa.array([value for _, value in part], pa.int64()),
                    "row_number": pa.array(range(start + 1, start + 1 + len(part)), pa.int64()),
                }
            )
        )

    repeats = counter.result()

    contents: dict[int, list[int]] = {}
    for key, value in rows:
        contents.setdefault(key, []).append(value)
    conflicting = [values for values in contents.values() if len(set(values)) > 1]
    agreeing = [values for values in contents.values() if len(set(values)) == 1]
    assert repeats.conflicts == sum(map(len, conflicting))
    assert repeats.duplicates == sum(len(values) - 1 for values in agreeing)


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(
            st.characters(exclude_categories=["Cs"]), max_size=12)),
        max_size=4,
    )
)  # fmt: skip
def test_values_survive_their_yaml(value: dict[str, object]) -> None:
    assert yaml.safe_load(flow(value)) == value
