"""Finds the keys of a part of a model, to suggest one for a key that is unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

_LISTED = 40


def unknown_key(model: type[BaseModel], path: Sequence[str | int]) -> str:
    """Return the hint for an unknown key: the nearest known one, otherwise all.

    Args:
        model: of the whole file.
        path: of the unknown key.
    """
    *part, key = path
    keys = sorted({name for found in _at([model], part) for name in found.model_fields})
    if nearest := get_close_matches(str(key), keys, n=1, cutoff=0.7):
        return f"; did you mean `{nearest[0]}`?"
    listed = ", ".join(keys) if len(keys) <= _LISTED else "those of the documentation"
    return f"; the keys here are {listed}" if keys else ""


def _at(kinds: Sequence[Any], path: Sequence[str | int]) -> list[type[BaseModel]]:
    """Return the models at a path below some types."""
    for step in path:
        kinds = [below for kind in kinds for each in _plain(kind) for below in _below(each, step)]
    return [
        each
        for kind in kinds
        for each in _plain(kind)
        if isinstance(each, type) and issubclass(each, BaseModel)
    ]


def _plain(kind: Any) -> Iterator[Any]:  # noqa: ANN401 - any annotation
    """Yield a type without its metadata, or the members of a union."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _plain(get_args(kind)[0])
    elif origin in (Union, UnionType):
        for member in get_args(kind):
            yield from _plain(member)
    else:
        yield kind


def _below(kind: Any, step: str | int) -> Iterator[Any]:  # noqa: ANN401 - any annotation
    """Yield the type of a value of a model, a mapping or a list."""
    origin = get_origin(kind)
    if isinstance(kind, type) and origin is None and issubclass(kind, BaseModel):
        field = kind.model_fields.get(str(step))
        if field is not None:
            yield field.annotation
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield get_args(kind)[1]
    elif origin in (tuple, list):
        yield get_args(kind)[0]
