"""Collect the facts of one sampled column that the guesses share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

_INTEGER = r"^[+-]?[0-9]+$"
_NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[^\W\d_]+")


_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}


def _in_ascii(name: str) -> str:
    """Return a name as it is written without letters with marks: `Händler` is `Haendler`."""
    spelled = "".join(_UMLAUTS.get(char, char) for char in name)
    parts = unicodedata.normalize("NFKD", spelled)
    return "".join(char for char in parts if not unicodedata.combining(char))


@dataclass(frozen=True)
class ColumnFacts:
    """One column of a sample.

    Attributes:
        name: as delivered.
        texts: the sampled values; null where there is none.
        type: the type that the file states; None for text files.
    """

    name: str
    texts: pa.Array
    type: pa.DataType | None = field(default=None)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of the name, folded: `TX_DateTime` has `tx`, `date` and `time`."""
        return tuple(part.casefold() for part in _PARTS.findall(_in_ascii(self.name)))

    @cached_property
    def bare(self) -> str:
        """The name in small letters without marks."""
        return re.sub(r"[\W_]", "", _in_ascii(self.name).casefold())

    @property
    def is_nameless(self) -> bool:
        """Whether the file has no header, and the name is made up."""
        return re.fullmatch(r"column_[0-9]+", self.name) is not None

    @cached_property
    def values(self) -> pa.Array:
        """The values that are there."""
        return self.texts.drop_null()

    @cached_property
    def count(self) -> int:
        """The number of values."""
        return len(self.values)

    @cached_property
    def distinct(self) -> pa.Array:
        """The different values."""
        return pc.unique(self.values)

    @property
    def is_filled(self) -> bool:
        """Whether each row has a value."""
        return self.count == len(self.texts) > 0

    @property
    def is_unique(self) -> bool:
        """Whether each row has a value of its own."""
        return self.is_filled and len(self.distinct) == self.count

    @cached_property
    def is_integer(self) -> bool:
        """Whether every value is a whole number."""
        return self.count > 0 and self.share(_INTEGER) == 1

    @cached_property
    def is_number(self) -> bool:
        """Whether every value is a plain number."""
        return self.count > 0 and self.share(_NUMBER) == 1

    @property
    def filled_share(self) -> float:
        """The share of rows with a value."""
        return self.count / len(self.texts) if len(self.texts) else 0.0

    def share(self, pattern: str) -> float:
        """Return the share of values that match a pattern."""
        if not self.count:
            return 0.0
        return float(pc.mean(pc.match_substring_regex(self.values, pattern)).as_py())

    def most_common(self, most: int = 20) -> dict[str, int]:
        """Return the most frequent values with their counts."""
        counted = self.values.value_counts()
        pairs = [(each["values"], each["counts"]) for each in counted.to_pylist()[:100_000]]
        return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:most])

    def score(self, strong: Iterable[str], weak: Iterable[str] = ()) -> int:
        """Return how well the name fits: 3 is a strong name, 2 has one in it, 1 a weak word."""
        if self.bare in strong:
            return 3
        joined = "_".join(self.words)
        if any(f"_{name}_" in f"_{joined}_" for name in strong if len(name) > 2):
            return 2
        return 1 if any(word in self.words for word in weak) else 0
