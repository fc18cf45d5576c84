"""The SQL of admission: one statement per feed, computed where the rows are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from features.feeds import Feed
from features.ingest import admit_labels, admit_references, versions
from features.ingest.versions import LEDGERS, Admitted

_REFERENCES = {
    "fx_rates": admit_references.RATES,
    "applicant_attributes": admit_references.ATTRIBUTES,
}


def admit(
    connection: psycopg.Connection[Any],
    feed: Feed,
    table: sql.Identifier,
    values: Mapping[str, Any],
) -> Admitted:
    """Move the rows of a landed table into the ledger; the ingest lock must be held."""
    if feed.name in LEDGERS:
        admitted = versions.admit(connection, LEDGERS[feed.name], table, values)
        if feed.inline_label:
            connection.execute(admit_labels.INLINE_LABELS.format(table=table), dict(values))
        return admitted
    if feed.name in _REFERENCES:
        statement = _REFERENCES[feed.name].format(table=table)
    else:
        statement = admit_labels.labels(feed.name, table)
    row = connection.execute(statement, dict(values)).fetchone()
    return Admitted(*(row or (0, None)))
