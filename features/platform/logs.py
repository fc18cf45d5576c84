"""Masks card numbers in every log event, as the last processor before the renderer.

Names of files, reasons and errors are foreign data. Each place that logs them masks them as well;
this processor covers any place that does not.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from features.platform.card_numbers import mask_name

_DEEPEST = 8


def install() -> None:
    """Put the mask before the renderer of structlog's configuration; once is enough."""
    processors = list(structlog.get_config()["processors"])
    if mask_card_numbers not in processors:
        structlog.configure(processors=[*processors[:-1], mask_card_numbers, *processors[-1:]])


def mask_card_numbers(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Return an event without card numbers in its texts and numbers: a processor of structlog."""
    return {key: _masked(value, _DEEPEST) for key, value in event.items()}


def _masked(value: Any, depth: int) -> Any:  # noqa: ANN401 - any value of an event
    if isinstance(value, str):
        return mask_name(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        shown = mask_name(str(value))
        return value if shown == str(value) else shown
    if depth and isinstance(value, Mapping):
        return {_masked(key, 0): _masked(inner, depth - 1) for key, inner in value.items()}
    if depth and isinstance(value, list | tuple | set | frozenset):
        return [_masked(inner, depth - 1) for inner in value]
    if isinstance(value, BaseException):
        return mask_name(repr(value))
    return value
