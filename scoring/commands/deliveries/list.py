"""List the newest deliveries, with their counts, their age and the reason of a hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from features.ingest import delivery_reports
from features.ingest.delivery_reports import Listing
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson


class DeliveryState(StrEnum):
    """The states of a delivery."""

    PARSED = "parsed"
    HELD = "held"
    ADMITTED = "admitted"
    DISCARDED = "discarded"


def list_(
    state: Annotated[
        DeliveryState | None, typer.Option("--state", help="Only deliveries in this state.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", help="Only deliveries of this source.")
    ] = None,
    feed: Annotated[
        str | None, typer.Option("--feed", help="Only deliveries of this feed.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=10_000, help="How many deliveries at most.")
    ] = 20,
    as_json: AsJson = False,
) -> int:
    """List the newest deliveries, and how many are in each state."""
    with sessions.connect() as connection:
        listing = delivery_reports.listing(
            connection, state=state, source=source, feed=feed, limit=limit
        )
    document = {"counts": listing.counts, "deliveries": [_plain(row) for row in listing.deliveries]}
    show(list(_lines(listing)), document, as_json=as_json)
    return Status.HOLDS


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "age": round(row["age"].total_seconds())}


def _lines(listing: Listing) -> Iterator[str]:
    for row in listing.deliveries:
        rows = "unread" if row["rows_in_file"] is None else f"{row['rows_in_file']:,} rows"
        rejected = f", {row['rows_rejected']:,} rejected" if row["rows_rejected"] else ""
        yield (
            f"{row['delivery_id']}  {row['state']:9}  {age(row['age']):>6} ago  {row['feed']}  "
            f"{row['object_name']}  {rows}{rejected}"
        )
        if row["state"] in ("held", "discarded"):
            yield f"    {row['reason']}"
    yield ", ".join(f"{count:,} {state}" for state, count in listing.counts.items())


def age(since: timedelta) -> str:
    """Return a duration in its largest unit, such as `3 d`."""
    seconds = int(since.total_seconds())
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{max(seconds, 0)} s"
