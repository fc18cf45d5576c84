"""Recognise common words for true, false and no value."""

from __future__ import annotations

from collections.abc import Sequence

TRUE = frozenset(
    (
        *("yes", "y", "true", "t", "1", "on", "x", "ja", "j", "oui", "si", "sim", "positive"),
        *("fraud", "fraudulent", "bad", "default", "chargeback", "charged back"),
    )
)
FALSE = frozenset(
    (
        *("no", "n", "false", "f", "0", "off", "nein", "non", "negative", "ok", "good", "normal"),
        *("legit", "legitimate", "genuine", "not fraud", "non-fraud", "nonfraud", "paid"),
    )
)
NULL = frozenset(
    (
        *("-", "--", "?", ".", "na", "n/a", "#n/a", "null", "(null)", "none", "nil", "nat"),
        *("unknown", "missing", "not available", "tbd", "pending"),
    )
)


def flag_words(samples: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the words for true and for false among some texts; nothing if one is unknown."""
    words = list(dict.fromkeys(text.strip() for text in samples))
    true = [word for word in words if word.lower() in TRUE]
    false = [word for word in words if word.lower() in FALSE]
    return (true, false) if len(true) + len(false) == len(words) else ([], [])


def null_words(samples: Sequence[str]) -> list[str]:
    """Return the distinct texts if all of them are common words for "no value"."""
    words = list(dict.fromkeys(samples))
    return words if words and all(word.strip().lower() in NULL for word in words) else []
