"""Define the values that the models of a description share: durations and words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Discriminator, Field, Tag

from features.platform.yaml_document import KEYS_FORM, TEXT_FORM


def _duration(value: object) -> object:
    units = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
    if not isinstance(value, str):
        return value
    if not re.fullmatch(r"[0-9]{1,6}[dhms]", value):
        raise ValueError("expected a duration such as 7d, 12h, 30m or 45s")
    return timedelta(**{units[value[-1]]: int(value[:-1])})


Duration = Annotated[
    timedelta, BeforeValidator(_duration), Field(ge=timedelta(0), le=timedelta(days=36_600))
]

#: One delay for all rows, or one for each provenance.
Latency = Annotated[
    Annotated[Mapping[str, Duration], Tag(KEYS_FORM)] | Annotated[Duration, Tag(TEXT_FORM)],
    Discriminator(lambda value: KEYS_FORM if isinstance(value, Mapping) else TEXT_FORM),
]


def _word(value: object) -> object:
    """Return a value of YAML as the text that files write for it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


#: A text in a file; YAML reads 999 as a number and true as a boolean, and both are texts here.
Word = Annotated[str, BeforeValidator(_word), Field(max_length=200)]


def _words(value: object) -> object:
    if isinstance(value, list | tuple):
        return tuple(map(_word, value))
    return (_word(value),)


#: One text or a list of texts.
Words = Annotated[
    tuple[Annotated[str, Field(max_length=200)], ...], BeforeValidator(_words), Field(min_length=1)
]
