"""Write values as YAML that the strict reader of descriptions reads back unchanged."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_PLAIN = re.compile(r"[0-9]{1,4}[dhms]|[A-Za-z_][A-Za-z0-9_]*(?:[ ./-][A-Za-z0-9_]+)*")
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))


def scalar(value: object) -> str:
    """Return a text, a number, a flag or nothing as YAML."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    if text.isprintable() and "\\" not in text and "'" not in text:
        return f"'{text}'" if '"' in text or "%" in text else f'"{text}"'
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    return char if char.isprintable() else f"\\U{ord(char):08x}"


def flow(value: object) -> str:
    """Return a value on one line: lists in brackets, keys in braces."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{scalar(key)}: {flow(each)}" for key, each in value.items())
        return f"{{{inside}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(flow, value))}]"
    return scalar(value)
