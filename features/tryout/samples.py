"""Declare the sample of a file, and take evenly spread rows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from features.platform.card_numbers import mask_name
from features.sources.mapping import NULL_TOKENS
from features.tryout.guess_text import TextForm
from features.tryout.masking import visible

MOST_ROWS = 20_000
NULLS = frozenset(NULL_TOKENS)


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample of a file.

    Attributes:
        name: the file's name.
        format: the key of the description, such as `csv`.
        columns: texts by delivered name; null where there is no value.
        rows: of the sample.
        is_whole: whether the sample is the whole file.
        types: the types of columns that the file states, such as those of Parquet.
        text: the form of a text file.
        nested: delivered names that are paths into nested objects.
        notes: facts for the head of the draft.
    """

    name: str
    format: str
    columns: Mapping[str, pa.Array]
    rows: int
    is_whole: bool
    types: Mapping[str, pa.DataType] = field(default_factory=dict)
    text: TextForm | None = None
    records: str | None = None
    notes: tuple[str, ...] = ()


def shown(path: Path) -> str:
    """Return the name of a file as a message may show it."""
    return visible(mask_name(path.name))


def texts_of(values: Sequence[str]) -> pa.Array:
    """Return values as a column; null where the text means that there is no value."""
    texts = [None if value in NULLS else value for value in values]
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:  # half of a surrogate pair
        whole = [text and text.encode("utf-8", "replace").decode() for text in texts]
        return pa.array(whole, pa.string())


def spread(rows: list[Any]) -> list[Any]:
    """Return at most `MOST_ROWS` rows, evenly spread."""
    if len(rows) <= MOST_ROWS:
        return rows
    return [rows[place] for place in np.linspace(0, len(rows) - 1, MOST_ROWS).astype(int)]
