"""Show all that the register has of one delivery, with the shapes of rejected rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from features.ingest import delivery_reports
from features.ingest.delivery_reports import Rejections, Report
from features.platform.errors import ConfigurationError
from features.sources.descriptions import Sources
from scoring.commands import answers, sessions
from scoring.commands.answers import Status
from scoring.commands.arguments import AsJson, DeliveryArgument, SourceOption
from scoring.commands.ingest import settings_of, sources_of

_FIELDS = (
    "source",
    "feed",
    "object_name",
    "load_kind",
    "size_bytes",
    "content_sha256",
    "description_sha256",
    "arrived_at",
    "received_at",
    "admitted_at",
    "delivery_seq",
    "first_occurred_at",
    "last_occurred_at",
    "retry_of",
)


def show(delivery: DeliveryArgument, source: SourceOption = None, as_json: AsJson = False) -> int:
    """Show one delivery: state, counts, rejected rows by reason, notes, and the next step.

    An example of a rejected row has `9` in place of each digit, and `a` or `A` of each letter.
    """
    with sessions.connect() as connection:
        report = delivery_reports.report(connection, delivery, _sources(source))
    answers.show(list(_lines(report)), asdict(report), as_json=as_json)
    return Status.HOLDS


def _sources(source: str | None) -> Sources | None:
    """Return the present descriptions; the register is shown without them too."""
    try:
        return sources_of(settings_of(source), None)
    except ConfigurationError:
        if source is not None:
            raise
        return None


def _lines(report: Report) -> Iterator[str]:
    delivery = report.delivery
    yield f"{delivery['delivery_id']}  {delivery['state']}"
    if delivery["reason"]:
        yield f"  reason: {delivery['reason']}"
    for name in _FIELDS:
        if delivery.get(name) is not None:
            yield f"  {name:18} {_shown(delivery[name])}"
    yield f"  {'rows':18} {_counts(delivery)}"
    yield from (f"  note: {note}" for note in delivery["notes"])
    for repeat in report.repeats:
        yield f"  the same bytes again: {repeat['object_name']}, {_shown(repeat['seen_at'])}"
    for verdict in report.verdicts:
        at, page = _shown(verdict["validated_at"]), verdict["report"] or "no page"
        yield f"  gate {verdict['suite']}: {verdict['verdict']}, {at}, {page}"
    for rejections in report.rejections:
        yield from _rejected(rejections)
    yield f"next: {report.next_step}"


def _rejected(rejections: Rejections) -> Iterator[str]:
    where = f" in {rejections.column}" if rejections.column else ""
    yield f"  rejected: {rejections.rows:,} {rejections.reason}{where}: {rejections.expected}"
    yield f"    remedy: {rejections.remedy}"
    for example in rejections.examples:
        line = f"line {example.line_number}" if example.line_number else f"row {example.row_number}"
        yield f"    {line}: {example.shape}"


def _counts(delivery: Any) -> str:  # noqa: ANN401 - a row of the register
    if delivery["rows_in_file"] is None:
        return "not read"
    return (
        f"{delivery['rows_in_file']:,} in the file, {delivery['rows_rejected']:,} rejected, "
        f"{delivery['rows_duplicate']:,} duplicate, {delivery['rows_admitted']:,} admitted"
    )


def _shown(value: Any) -> str:  # noqa: ANN401 - a value of the register
    return f"{value:%Y-%m-%d %H:%M:%S} UTC" if hasattr(value, "hour") else str(value)
