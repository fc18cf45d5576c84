"""Carries the lists of a column between Postgres and Arrow, as texts.

COPY has no form of a list that Arrow reads. So each entry of a list is written behind a separator,
which no name holds. An empty list, a list of one empty text and null differ.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

#: Between the entries of a text; no name holds it: the unit separator of ASCII.
SEPARATOR = "\x1f"
_AS_TEXT = sql.SQL(
    "case when cardinality({column}) = 0 then '' "
    "else {separator} || array_to_string({column}, {separator}) end"
)


def as_text(column: sql.Composable) -> sql.Composable:
    """Return the SQL of a list column as the text that `from_text` reads; null stays null.

    A list of lists is read as one list, row by row.
    """
    return _AS_TEXT.format(column=column, separator=sql.Literal(SEPARATOR))


def from_text(texts: pa.Array, kind: pa.DataType) -> pa.ListArray:
    """Return the lists of a column of texts.

    Args:
        texts: [n] texts of `as_text`.
        kind: of the entries.
    """
    # the text before the first separator is no entry
    return pc.list_slice(pc.split_pattern(texts, SEPARATOR), 1).cast(pa.list_(kind))


def to_postgres(name: str, column: pa.ListArray) -> pa.Array:
    """Return lists as texts that Postgres parses, such as `{1.5,2}` or `{"a","b"}`.

    Args:
        name: of the column, for the error.
        column: [n] lists of numbers or of texts.

    Raises:
        ValueError: a list holds a null.
    """
    if column.flatten().null_count:
        raise ValueError(f"a list of column {name} holds a null")
    if pa.types.is_string(column.type.value_type):
        return _quoted(column)
    # the shortest text of a float is read back as the same bits
    joined = pc.binary_join(column.cast(pa.list_(pa.string())), ",")
    return pc.binary_join_element_wise("{", joined, "}", "")


def _quoted(column: pa.ListArray) -> pa.Array:
    joined = pc.binary_join(column, SEPARATOR)
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), (SEPARATOR, '","')):
        joined = pc.replace_substring(joined, plain, escaped)
    texts = pc.binary_join_element_wise('{"', joined, '"}', "")
    return pc.if_else(pc.equal(pc.list_value_length(column), 0), "{}", texts)
