"""Sample JSON: one object per line, a list of objects, or a list inside of a document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.platform.errors import ConfigurationError
from features.tryout.samples import Sample, shown, spread, texts_of


def json_sample(path: Path, raw: bytes, kind: str, *, is_whole: bool) -> Sample:
    """Return the sample of a file of JSON."""
    encoding = json.detect_encoding(raw[:4] or b"{}")
    text = raw.decode(encoding, errors="replace").removeprefix("\ufeff")
    records: str | None = None
    objects: list[dict[str, Any]] = []
    document: object = None
    if kind == "json" or text.lstrip().startswith("["):
        kind = "json"
        document = _document(text, is_whole=is_whole)
        records, found = _records(document)
        objects = [each for each in found if isinstance(each, dict)]
    if not objects:
        kind = "jsonl" if document is None else kind
        objects = [each for each in map(_object, text.splitlines()) if each]
    if not objects:
        raise ConfigurationError(
            f"{shown(path)} has no JSON object: write one object per line, or a list of objects"
        )
    rows = spread([_flat(each) for each in objects])
    names = list(dict.fromkeys(name for row in rows for name in row))[:1000]
    columns = {name: texts_of([row.get(name, "") for row in rows]) for name in names}
    return Sample(path.name, kind, columns, len(rows), is_whole, {}, None, records)


def _document(text: str, *, is_whole: bool) -> object:
    """Return a JSON document; of a document that is cut, the objects of its first list."""
    if is_whole:
        try:
            return json.loads(text, parse_int=str, parse_float=str)
        except ValueError:
            return None
    decoder = json.JSONDecoder(parse_int=str, parse_float=str)
    place, objects = text.find("[") + 1, []
    while place:
        start = text.find("{", place)
        if start < 0:
            break
        try:
            value, place = decoder.raw_decode(text, start)
        except ValueError:
            break
        objects.append(value)
    return objects


def _records(document: object, path: tuple[str, ...] = ()) -> tuple[str | None, list[object]]:
    """Return the path to the first list of objects of a document, and the list."""
    if isinstance(document, list):
        return ".".join(path) or None, document
    if isinstance(document, dict) and len(path) < 5:
        for key, value in document.items():
            if isinstance(value, dict | list):
                found = _records(value, (*path, str(key)))
                if any(isinstance(each, dict) for each in found[1]):
                    return found
    return None, []


def _object(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _flat(row: Mapping[str, Any], before: str = "", depth: int = 0) -> dict[str, str]:
    """Return the values of an object as text, those of nested objects under their path."""
    flat: dict[str, str] = {}
    for key, value in row.items():
        name = f"{before}{key}"
        if isinstance(value, dict) and depth < 4:
            flat |= _flat(value, f"{name}.", depth + 1)
        elif isinstance(value, list):
            flat[name] = "|".join(map(str, value))
        elif value is not None:
            flat[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return flat
