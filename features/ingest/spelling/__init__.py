"""Turns the delivered text of a column into its canonical text, by whole columns.

A description states origin and spelling of a column. The result is the text that the checks parse:
plain decimals, ISO 8601, `true` and `false`. A text that the description does not allow rejects its
row here. A column without options passes as delivered.
"""

from __future__ import annotations

from features.ingest.spelling.delivered import Delivered
from features.ingest.spelling.spell import spelled, zones

__all__ = ["Delivered", "spelled", "zones"]
