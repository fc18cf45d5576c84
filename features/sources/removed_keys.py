"""Refuse the keys of earlier versions with their new spelling."""

from __future__ import annotations

from collections.abc import Mapping

from features.platform.errors import ConfigurationError
from features.platform.yaml_document import Document

#: The keys of a feed that earlier versions read, and what says the same now.
REMOVED: Mapping[str, str] = {
    "missing_codes": "write null_tokens at each column: "
    "`columns: {fico_range_low: {column: fico, null_tokens: [999]}}`",
    "date_formats": "write format at each column: "
    "`columns: {earliest_cr_line: {column: since, format: '%b-%Y'}}`",
    "trim_ids": "write trim at each identifier: "
    "`columns: {customer_id: {column: card, trim: true}}`",
    "constant_currency": "write it as the column: `columns: {currency: {constant: EUR}}`",
    "constant_provenance": "write it as the column: `columns: {provenance: {constant: bank}}`",
    "amount_unit": "write unit at each amount: `columns: {amount: {column: total, unit: minor}}`",
    "binary_amounts": "write rounding at each amount: "
    "`columns: {amount: {column: total, rounding: binary}}`",
}


def refuse_removed(document: Document) -> None:
    """Refuse a description that has removed keys.

    Raises:
        ConfigurationError: names each removed key, its line and its new spelling.
    """
    feeds = document.content.get("feeds")
    if not isinstance(feeds, dict):
        return
    lines = []
    for name, feed in feeds.items():
        for key in REMOVED.keys() & (feed if isinstance(feed, dict) else {}):
            line, column = document.places[("feeds", name, key)]
            lines.append(
                f"{document.name}: line {line}, column {column}: feeds.{name}.{key}: "
                f"is no key any more; {REMOVED[key]}"
            )
    if lines:
        raise ConfigurationError("\n".join(sorted(lines)))
