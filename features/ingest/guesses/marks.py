"""Recognise the marks of numbers: currency signs, thousands, decimal comma, negatives."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from features.platform.currencies import EXPONENTS

#: The currency that a sign usually means.
CURRENCIES: Mapping[str, str] = {
    **{"$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB"},
    **{"₩": "KRW", "₺": "TRY", "zł": "PLN", "kr": "SEK", "R$": "BRL", "CHF": "CHF", "Kč": "CZK"},
}
_BLANKS = " \u00a0\u202f\u2009"
#: A run of characters that belong to no number.
_SIGN = re.compile(rf"[^\d{_BLANKS}()+\u2212.,'_-]+")


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a key, and how YAML writes it."""

    value: str | bool | tuple[str, ...]
    yaml: str


def keys_of(samples: Sequence[str], *, is_money: bool) -> dict[str, Value]:
    """Return the keys that describe the marks of some numbers; several texts decide together."""
    keys: dict[str, Value] = {}
    if is_money:
        keys |= _signs(samples) | _negatives(samples)
        if any(re.search(r"\d[eE][+-]?\d", text) for text in samples):
            keys["exponents"] = Value(True, "true")
    bare = [re.sub(rf"[^\d.,'\u2019_{_BLANKS}]", "", text).strip(_BLANKS) for text in samples]
    return keys | _groups(bare)


def _signs(samples: Sequence[str]) -> dict[str, Value]:
    found = [sign for text in samples for sign in _SIGN.findall(text)]
    signs = [sign for sign in dict.fromkeys(found) if _is_sign(sign)]
    if not signs:
        return {}
    quoted = [f'"{sign}"' for sign in signs]
    yaml = quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"
    return {"currency_sign": Value(tuple(signs), yaml)}


def _is_sign(text: str) -> bool:
    """Return whether a text is a currency: it is no value of a row that must stay hidden."""
    return text in CURRENCIES or text in EXPONENTS or bool(re.fullmatch(r"[$€£¥₹₽₩₺₴₦₫฿]", text))


def _negatives(samples: Sequence[str]) -> dict[str, Value]:
    forms = []
    if any(re.search(r"\(.*\d.*\)", text) for text in samples):
        forms.append("parentheses")
    if any(re.search(rf"\d[{_BLANKS}]*[\u2212-]\W*$", text) for text in samples):
        forms.append("trailing_minus")
    return {"negative": Value(tuple(forms), f"[{', '.join(forms)}]")} if forms else {}


def _groups(bare: Sequence[str]) -> dict[str, Value]:
    """Return the decimal mark and the mark between thousands."""
    keys: dict[str, Value] = {}
    has_comma = any(re.search(r",(?:\d{1,2}|\d{4,})$", text) for text in bare)
    has_point = any(re.search(r",\d{3}\.\d+$", text) for text in bare)
    marks = (",", "'", "_", " ")
    if has_comma and not has_point:
        keys["decimal"] = Value(",", '","')
        marks = (".", "'", "_", " ")
    for mark in marks:
        spellings = {" ": _BLANKS, "'": "'\u2019"}.get(mark, re.escape(mark))
        if any(re.search(rf"\d[{spellings}]\d{{2,3}}(?!\d)", text) for text in bare):
            return {**keys, "thousands": Value(mark, f'"{mark}"')}
    return keys
