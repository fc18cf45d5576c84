"""Reject identifiers with two spellings: floating point, blanks, invisible characters.

A spreadsheet writes 123456789012 as `1.23457E+11`, and a column with gaps writes 596 as `596.0`.
Such a text identifies another customer than the number, or several customers at once.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.ingest.reasons import RowReason
from features.ingest.times import matches
from features.ingest.verdicts import Verdicts

# format characters, separators other than the blank, fillers, variation selectors, C1 controls
_UNSEEN = (
    r"\p{Cf}\p{Zl}\p{Zp}\x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}"
    r"\x{34f}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{180b}-\x{180f}\x{2800}\x{3164}\x{ffa0}"
    r"\x{fe00}-\x{fe0f}\x{e0100}-\x{e01ef}\x{80}-\x{9f}"
)
_INVISIBLE = rf"[{_UNSEEN}]|^ | $"
_AROUND = rf"^[ {_UNSEEN}]+|[ {_UNSEEN}]+$"

_ZERO_FRACTION = r"^([0-9]+)\.0*$"
_LONGER_THAN_EXACT = r"^[0-9]{16,}$"
_EXPONENT = r"[eE][+-]?[0-9]{1,3}"
_FLOAT_NOTATION = "|".join(
    (
        rf"^[+-]?[0-9]+\.[0-9]*(?:{_EXPONENT})?$",
        rf"^[+-]?\.[0-9]+(?:{_EXPONENT})?$",
        rf"^[+-]?[0-9]+,[0-9]+{_EXPONENT}$",
        r"^[+-]?[0-9]+[eE][+-][0-9]{1,3}$",
        r"^[+-]?[0-9][eE][0-9]{1,3}$",  # two or more digits may be a hash, such as 12e4
    )
)


def reject(texts: pa.Array, column: str, verdicts: Verdicts) -> None:
    """Reject identifiers written as rounded numbers or with invisible characters."""
    if _may_be_invisible(texts):
        verdicts.reject(matches(texts, _INVISIBLE), RowReason.INVISIBLE_CHARACTER, column)
    in_float_notation = matches(texts, _FLOAT_NOTATION)
    verdicts.reject(in_float_notation, RowReason.IDENTIFIER_IN_FLOAT_NOTATION, column)


def whole(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return identifiers of an export in floating point as whole numbers.

    A number of 16 digits and more may be rounded: floating point is exact up to 2 to the power 53.
    """
    plain = pc.replace_substring_regex(texts, _ZERO_FRACTION, r"\1")
    is_long = matches(plain, _LONGER_THAN_EXACT)
    verdicts.reject(is_long, RowReason.IDENTIFIER_IN_FLOAT_NOTATION, column)
    return plain


def trimmed(texts: pa.Array) -> pa.Array:
    """Return identifiers without blanks and invisible characters around them."""
    if not _may_be_invisible(texts):
        return texts
    return pc.replace_substring_regex(texts, _AROUND, "")


def _may_be_invisible(texts: pa.Array) -> bool:
    """Check all bytes of a column at once, which is cheaper than a pattern per value."""
    data = texts.buffers()[2]
    if data is None:
        return False
    content = np.frombuffer(data, np.uint8)
    return bool(((content == 0x20) | (content >= 0x80)).any())
