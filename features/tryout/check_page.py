"""Render the check of a file as one HTML page with pictures. Pure.

The page needs no network and no script. A browser that opens it runs nothing from the file: every
text is escaped, and the page's own policy forbids scripts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from features.tryout import check_sections as sections
from features.tryout.check_style import STYLE
from features.tryout.check_text import share
from features.tryout.findings import FeedCheck
from features.tryout.html_parts import percent, with_code

_MOST_NOTES = 20


def page(
    checks: Sequence[FeedCheck], *, description: str, steps: Sequence[str], moment: datetime
) -> str:
    """Return the page.

    Args:
        checks: of each feed that the file belongs to; at least one.
        description: the description's own sentence about the source.
        steps: what a person does next.
        moment: of the check, UTC.
    """
    first = checks[0]
    title = f"Check of {first.file}"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta http-equiv="Content-Security-Policy" '
            "content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>",
            f"<h1>{escape(title)}</h1>",
            f'<p class="lead">Source <b>{escape(first.source)}</b>: {escape(description)} '
            f"Checked {moment:%Y-%m-%d %H:%M} UTC. Nothing was written to the warehouse.</p>",
            *(part for check in checks for part in _feed(check)),
            "<h2>Next step</h2>",
            f"<ol>{''.join(f'<li>{with_code(step)}</li>' for step in steps)}</ol>",
            "</main></body></html>",
        ]
    )


def _feed(check: FeedCheck) -> Iterable[str]:
    yield _verdict(check)
    yield _tiles(check)
    yield from sections.rejections(check)
    yield from sections.times(check)
    yield from sections.amounts(check)
    yield from sections.labels(check)
    yield from sections.joins(check)
    yield from sections.columns(check)
    notes = check.notes[:_MOST_NOTES]
    if notes:
        yield "<h3>Notes</h3><ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>"


def _verdict(check: FeedCheck) -> str:
    if check.hold:
        code, _, detail = check.hold.partition(": ")
        return (
            f'<section class="verdict held"><h2>Ingest would hold this file as {check.feed}</h2>'
            f"<p><code>{escape(code)}</code> {escape(detail)}</p></section>"
        )
    return (
        f'<section class="verdict admitted"><h2>Ingest would admit this file as {check.feed}</h2>'
        f"<p>{share(check.accepted, check.rows)} rows are accepted. The suite of expectations "
        "checks the delivery once more when it is loaded.</p></section>"
    )


def _class(name: str) -> str:
    return ' class="days"' if "day" in name else ""


def _tiles(check: FeedCheck) -> str:
    tiles = [
        ("Rows", f"{check.rows:,}", ""),
        ("Accepted", f"{check.accepted:,}", percent(check.accepted, check.rows)),
        ("Rejected", f"{check.rejected:,}", percent(check.rejected, check.rows)),
        (
            "Duplicates",
            f"{check.repeats.duplicates:,}",
            percent(check.repeats.duplicates, check.rows),
        ),
    ]
    if check.days:
        days = list(check.days)
        tiles.append(("First and last day", f"{days[0]}", f"to {days[-1]}"))
    if check.labels:
        labelled = sum(month.labelled for month in check.labels)
        positive = sum(month.positive for month in check.labels)
        tiles.append(("Positive labels", f"{positive:,}", percent(positive, labelled)))
    cells = "".join(
        f"<div><dt>{name}</dt><dd{_class(name)}>{value}<small>{more}</small></dd></div>"
        for name, value, more in tiles
    )
    return f'<dl class="tiles">{cells}</dl>'
