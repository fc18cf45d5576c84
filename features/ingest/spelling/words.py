"""Replace words: texts for no value, texts for true and false, and codes of a source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from features.ingest import identifiers, numbers
from features.ingest.reasons import RowReason
from features.ingest.spelling.delivered import TEXT
from features.ingest.times import mask_of
from features.ingest.verdicts import Verdicts
from features.sources.columns import ColumnDescription

#: The texts for true and false that a column accepts without a declaration.
TRUE_WORDS = ("true", "t", "1", "1.0")
FALSE_WORDS = ("false", "f", "0", "0.0")


def without(texts: pa.Array, spellings: pa.Array, tokens: Sequence[str]) -> pa.Array:
    """Return a column with null where its spelling is one of the tokens."""
    is_missing = pc.is_in(spellings, pa.array(tokens, TEXT))
    return (
        pc.if_else(is_missing, pa.scalar(None, TEXT), texts)
        if pc.any(is_missing).as_py()
        else texts
    )


def cleaned(
    texts: pa.Array, null_tokens: Sequence[str], description: ColumnDescription | None = None
) -> pa.Array:
    """Return a column without blanks around its texts, where declared, and null without a value.

    A declared code of a bureau such as 999 also means "no value" as `999.0`.
    """
    if description is None:
        return without(texts, texts, null_tokens)
    if description.trim:
        texts = identifiers.trimmed(texts)
    texts = without(texts, texts, null_tokens)
    if description.null_tokens:
        bare = numbers.without_zero_fraction(texts)
        texts = without(texts, texts, description.null_tokens)
        texts = without(texts, bare, description.null_tokens)
    return texts


def mapped(
    texts: pa.Array,
    column: str,
    verdicts: Verdicts,
    meanings: Mapping[str, str],
    otherwise: str | None,
) -> pa.Array:
    """Return the declared value of each text.

    Args:
        texts: as delivered.
        column: name for the verdict.
        verdicts: receives texts without a meaning, unless `otherwise` gives them one.
        meanings: value by text.
        otherwise: the value of every other text.
    """
    place = pc.index_in(texts, pa.array(list(meanings), TEXT))
    values = pa.array(list(meanings.values()), TEXT).take(place)
    unknown = pc.and_(pc.is_valid(texts), pc.is_null(place))
    if otherwise is not None:
        return pc.if_else(unknown, pa.scalar(otherwise, TEXT), values)
    verdicts.reject(mask_of(unknown), RowReason.NOT_IN_MAP, column)
    return values


def replaced(texts: pa.Array, values: Mapping[str, str]) -> pa.Array:
    """Return texts, some of which have a declared value."""
    place = pc.index_in(texts, pa.array(list(values), TEXT))
    return pc.coalesce(pa.array(list(values.values()), TEXT).take(place), texts)


def started(texts: pa.Array, values: Mapping[str, str], otherwise: str | None) -> pa.Array:
    """Return the value of the longest beginning of each text; null or `otherwise` without one."""
    found = pc.if_else(pc.is_valid(texts), pa.scalar(otherwise, TEXT), pa.scalar(None, TEXT))
    for beginning in sorted(values, key=len):
        found = pc.if_else(
            pc.fill_null(pc.starts_with(texts, beginning), False), values[beginning], found
        )
    return found


def matched(texts: pa.Array, pattern: str) -> pa.Array:
    """Return `true` and `false`: whether the whole text matches; null without a text."""
    is_match = pc.match_substring_regex(texts, rf"\A(?:{pattern})\z")
    return pc.if_else(is_match, pa.scalar("true", TEXT), pa.scalar("false", TEXT))


def flags(
    texts: pa.Array, column: str, verdicts: Verdicts, description: ColumnDescription
) -> pa.Array:
    """Return `true` and `false` for the declared words, in any case."""
    true = description.true_words or TRUE_WORDS
    false = description.false_words or FALSE_WORDS
    folded = pc.utf8_lower(texts)
    is_true = pc.is_in(folded, pa.array([word.lower() for word in true], TEXT))
    is_false = pc.is_in(folded, pa.array([word.lower() for word in false], TEXT))
    strange = pc.and_(pc.is_valid(texts), pc.invert(pc.or_(is_true, is_false)))
    verdicts.reject(mask_of(strange), RowReason.NOT_A_BOOLEAN, column)
    value = pc.if_else(is_true, "true", pc.if_else(is_false, "false", pa.scalar(None, TEXT)))
    return pc.if_else(pc.is_valid(texts), value, pa.scalar(None, TEXT))
