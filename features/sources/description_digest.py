"""Digests the part of a description that decides how the files of one feed are read.

A held delivery stores the digest. When the description has another digest, ingest parses the held
file again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from features.sources.mapping import SourceFeed


def digest_of(feed: SourceFeed, provenances: Sequence[str] = ()) -> str:
    """Return the SHA-256 of what a source states about the files of a feed.

    Keys with their default value are left out, so a new key of a release changes no digest.

    Args:
        feed: as described.
        provenances: the permitted provenances of labels, best first.
    """
    stated = {"feed": feed.model_dump(exclude_defaults=True), "provenances": list(provenances)}
    text = json.dumps(_ordered(stated), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _ordered(value: Any) -> Any:  # noqa: ANN401 - any value of a description
    """Return a value in a form that does not depend on the order of a set."""
    if isinstance(value, Mapping):
        return {str(key): _ordered(each) for key, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(json.dumps(_ordered(each), sort_keys=True) for each in value)
    if isinstance(value, list | tuple):
        return [_ordered(each) for each in value]
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value if value is None or isinstance(value, bool | int | float) else str(value)
