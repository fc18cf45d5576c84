"""Guess a time whose year, month and day are columns of their own."""

from __future__ import annotations

from collections.abc import Sequence

from features.tryout.column_facts import ColumnFacts

_PARTS = (
    (("year", "jahr", "annee", "anno", "ano"), r"^(?:19|20)[0-9]{2}$", "%Y"),
    (("month", "monat", "mois", "mes", "mese"), r"^(?:0?[1-9]|1[0-2])$", "%m"),
    (("day", "tag", "jour", "dia", "giorno"), r"^(?:0?[1-9]|[12][0-9]|3[01])$", "%d"),
)
_HOURS = (
    (("hour", "stunde", "heure", "hora"), r"^(?:[01]?[0-9]|2[0-3])$", "%H"),
    (("minute", "min"), r"^[0-5]?[0-9]$", "%M"),
    (("second", "sec", "sekunde"), r"^[0-5]?[0-9]$", "%S"),
)


def date(facts: Sequence[ColumnFacts]) -> tuple[tuple[str, ...], str] | None:
    """Return the columns of year, month and day with their format, or None."""
    found = _found(facts, _PARTS)
    return found if found is not None and len(found[0]) == len(_PARTS) else None


def hours(facts: Sequence[ColumnFacts]) -> tuple[tuple[str, ...], str] | None:
    """Return the columns of hour, minute and second with their format, or None."""
    return _found(facts, _HOURS)


def _found(
    facts: Sequence[ColumnFacts], parts: Sequence[tuple[tuple[str, ...], str, str]]
) -> tuple[tuple[str, ...], str] | None:
    names, directives = [], []
    for spellings, values, directive in parts:
        fitting = [each for each in facts if each.bare in spellings and each.share(values) == 1]
        if not fitting:
            break
        names.append(fitting[0].name)
        directives.append(directive)
    return (tuple(names), " ".join(directives)) if names else None
