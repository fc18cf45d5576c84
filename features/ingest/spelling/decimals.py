"""Write numbers of declared spellings as plain decimals, exactly and without floating point."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.ingest.spelling.delivered import TEXT
from features.ingest.times import mask_of
from features.ingest.verdicts import Mask
from features.sources.columns import ColumnDescription

_BLANK = r"[ \x{a0}\x{202f}\x{2009}]"
_MINUS = r"[-+\x{2212}]"
_MARKS = {" ": _BLANK, "'": r"['\x{2019}]"}
_LARGEST_EXPONENT = 30


@dataclass(frozen=True, slots=True)
class Form:
    """The declared spelling of a column of numbers.

    Args:
        decimal: the decimal mark.
        thousands: the mark between groups of digits; None allows no groups.
        signs: signs and codes that may stand before or after the number.
        parentheses: a number in parentheses is negative.
        trailing_minus: a minus may follow the number.
        exponents: the number may have an exponent of ten.
    """

    decimal: str = "."
    thousands: str | None = None
    signs: tuple[str, ...] = ()
    parentheses: bool = False
    trailing_minus: bool = False
    exponents: bool = False

    @classmethod
    def of(cls, described: ColumnDescription, signs: Iterable[str] = ()) -> Form:
        """Return the form that a column describes, with further signs."""
        negative = described.negative or ()
        return cls(
            described.decimal or ".",
            described.thousands,
            tuple(dict.fromkeys((*(described.currency_sign or ()), *signs))),
            "parentheses" in negative,
            "trailing_minus" in negative,
            bool(described.exponents),
        )

    @property
    def pattern(self) -> str:
        """The pattern of a number, with groups for its parts."""
        sign = "|".join(re.escape(sign) for sign in sorted(self.signs, key=len, reverse=True))
        mark = rf"(?:(?:{sign}){_BLANK}*)?" if sign else ""
        after = rf"(?:{_BLANK}*(?:{sign}))?" if sign else ""
        opening1 = rf"(?P<open1>\(?){_BLANK}*" if self.parentheses else ""
        opening2 = opening1.replace("open1", "open2")
        group = _MARKS.get(self.thousands or "", re.escape(self.thousands or ""))
        digits = rf"[0-9]{{1,3}}(?:{group}[0-9]{{2,3}})*{group}[0-9]{{3}}|" if group else ""
        return "".join(
            (
                rf"^{_BLANK}*{opening1}(?P<before>{_MINUS}?){_BLANK}*{mark}",
                rf"{opening2}(?P<behind>{_MINUS}?){_BLANK}*",
                rf"(?P<whole>(?:{digits}[0-9]+)?)",
                rf"(?:{re.escape(self.decimal)}(?P<fraction>[0-9]*))?",
                r"(?:[eE](?P<exponent>[+-]?[0-9]{1,2}))?" if self.exponents else "",
                rf"{_BLANK}*(?P<trailing>[-\x{{2212}}]?)" if self.trailing_minus else "",
                rf"{_BLANK}*(?P<close1>\)?)" if self.parentheses else "",
                after,
                rf"{_BLANK}*(?P<trailing2>[-\x{{2212}}]?)" if self.trailing_minus else "",
                rf"{_BLANK}*(?P<close2>\)?)" if self.parentheses else "",
                rf"{_BLANK}*$",
            )
        )


def plain(texts: pa.Array, form: Form) -> tuple[pa.Array, Mask]:
    """Return numbers as plain decimals such as `-1234.50`, and the mask of texts in the form.

    A text in another form is null, as is a text without a value.
    """
    parts = pc.extract_regex(texts, form.pattern)
    good = mask_of(pc.is_valid(parts))
    groups = {field.name: pc.struct_field(parts, field.name) for field in parts.type}
    whole, fraction = groups["whole"], groups["fraction"]
    good &= mask_of(pc.not_equal(pc.binary_join_element_wise(whole, fraction, ""), ""))
    minuses, pluses = _count(groups, "-\u2212"), _count(groups, "+")
    opened, closed = _count(groups, "("), _count(groups, ")")
    good &= (opened == closed) & (minuses + opened + pluses <= 1)
    if form.thousands is not None:
        mark = _MARKS.get(form.thousands, re.escape(form.thousands))
        whole = pc.replace_substring_regex(whole, mark, "")
    if form.exponents:
        exponents, fits = _exponents(groups["exponent"])
        good &= fits
        whole, fraction = _shifted(whole, fraction, exponents)
    negative = (minuses + opened) > 0
    return _written(whole, fraction, negative, good), good


def times_ten(texts: pa.Array, places: int) -> pa.Array:
    """Return plain decimals with the decimal point moved to the right; negative moves it left."""
    parts = pc.extract_regex(texts, r"^(?P<sign>-?)(?P<whole>[0-9]*)(?:\.(?P<fraction>[0-9]*))?$")
    whole, fraction = _shifted(
        pc.struct_field(parts, "whole"),
        pc.struct_field(parts, "fraction"),
        np.full(len(texts), places, np.int64),
    )
    negative = mask_of(pc.equal(pc.struct_field(parts, "sign"), "-"))
    return _written(whole, fraction, negative, mask_of(pc.is_valid(parts)))


def _written(whole: pa.Array, fraction: pa.Array, negative: Mask, good: Mask) -> pa.Array:
    """Return decimals of their digits, without needless zeros; zero has no sign."""
    whole = pc.replace_substring_regex(whole, "^0+([0-9])", r"\1")
    whole = pc.if_else(pc.equal(whole, ""), "0", whole)
    fraction = pc.utf8_rtrim(fraction, "0")
    points = pc.if_else(pc.equal(fraction, ""), "", ".")
    is_zero = pc.and_(pc.equal(whole, "0"), pc.equal(fraction, ""))
    signs = pc.if_else(pc.and_(pa.array(negative), pc.invert(is_zero)), "-", "")
    written = pc.binary_join_element_wise(signs, whole, points, fraction, "")
    return pc.if_else(pa.array(good), written, pa.scalar(None, TEXT))


def _count(groups: dict[str, pa.Array], chars: str) -> npt.NDArray[np.int64]:
    """Return how many groups of each row are one of the characters."""
    wanted = pa.array(list(chars), TEXT)
    marks = ("before", "behind", "trailing", "trailing2", "open1", "open2", "close1", "close2")
    masks = [mask_of(pc.is_in(groups[name], wanted)) for name in marks if name in groups]
    total: npt.NDArray[np.int64] = np.stack(masks).sum(axis=0, dtype=np.int64)
    return total


def _exponents(texts: pa.Array) -> tuple[npt.NDArray[np.int64], Mask]:
    bare = pc.utf8_ltrim(pc.if_else(pc.equal(texts, ""), "0", texts), "+")
    values = pc.fill_null(pc.cast(bare, pa.int64()), 0).to_numpy(zero_copy_only=False)
    fits: Mask = np.abs(values) <= _LARGEST_EXPONENT
    return np.where(fits, values, 0), fits


def _shifted(
    whole: pa.Array, fraction: pa.Array, places: npt.NDArray[np.int64]
) -> tuple[pa.Array, pa.Array]:
    """Move the point of each number; there are at most 61 distinct distances."""
    for distance in np.unique(places[places != 0]).tolist():
        rows = pa.array(places == distance)
        if distance > 0:
            padded = pc.utf8_rpad(fraction, distance, "0")
            moved = pc.utf8_slice_codeunits(padded, 0, distance)
            new_whole = pc.binary_join_element_wise(whole, moved, "")
            new_fraction = pc.utf8_slice_codeunits(padded, distance)
        else:
            padded = pc.utf8_lpad(whole, -distance, "0")
            new_whole = pc.utf8_slice_codeunits(padded, 0, distance)
            moved = pc.utf8_slice_codeunits(padded, distance)
            new_fraction = pc.binary_join_element_wise(moved, fraction, "")
        whole = pc.if_else(rows, new_whole, whole)
        fraction = pc.if_else(rows, new_fraction, fraction)
    return whole, fraction
