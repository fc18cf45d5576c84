"""Make identifiers: of several columns, of the whole row, or with a prefix."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from features.ingest import cards, identifiers
from features.ingest.reasons import RowReason
from features.ingest.spelling.delivered import TEXT, Delivered
from features.ingest.verdicts import Verdicts

_ESCAPE = "\\"


def joined(parts: Sequence[pa.Array], separator: str) -> pa.Array:
    r"""Return the parts of each row with a separator between them; null if a part is null.

    A part escapes the separator and the escape character with a backslash, so two different rows of
    parts never have one text.
    """
    escaped = [_escaped(part, separator) for part in parts]
    return pc.binary_join_element_wise(*escaped, separator)


def reject_parts(parts: Sequence[pa.Array], column: str, verdicts: Verdicts) -> None:
    """Reject rows in which a part of an identifier is a card number, or has no certain spelling.

    The joined text is not searched for card numbers: a date beside an amount would often be one.
    """
    for part in parts:
        verdicts.reject(cards.card_numbers(part), RowReason.CARD_NUMBER, column)
        identifiers.reject(part, column, verdicts)


def content_hash(delivered: Delivered) -> pa.Array:
    """Return SHA-256 over the delivered columns of each row, in the order of their names.

    The label is no content: it becomes known later. Feeds of one file leave out the same columns,
    so an application and its outcome have one identifier. A column without a value is left out, so
    a new empty column changes no identifier.
    """
    feed = delivered.feed
    names = sorted(set(delivered.columns) - feed.left_out)
    fields = [_field(name, delivered.text(name), feed.null_tokens) for name in names]
    if not fields:
        return delivered.repeated(hashlib.sha256().hexdigest())
    whole = pc.binary_join_element_wise(*fields, "")
    # Arrow has no digests; a digest takes less than a microsecond
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in whole.to_pylist()]
    return pa.array(digests, TEXT)


def _field(name: str, texts: pa.Array, null_tokens: Sequence[str]) -> pa.Array:
    """Return name and value of a field, both with their length, so that no two rows collide."""
    lengths = pc.cast(pc.binary_length(texts), TEXT)
    field = pc.binary_join_element_wise(f"{len(name.encode())}:{name}", lengths, texts, ":")
    has_value = pc.invert(pc.is_in(texts, pa.array([*null_tokens, None], TEXT)))
    return pc.if_else(has_value, field, "")


def _escaped(texts: pa.Array, separator: str) -> pa.Array:
    texts = pc.replace_substring(texts, _ESCAPE, _ESCAPE * 2)
    return pc.replace_substring(texts, separator, _ESCAPE + separator)
