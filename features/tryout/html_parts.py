"""Write the parts that sections of a page share: tables, meters, code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def meter(part: float) -> str:
    """Return a bar that shows a share."""
    return f'<span class="meter" aria-hidden="true"><i style="width:{part:.1%}"></i></span>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """Return a table of a kind that the style knows; the cells are HTML."""
    names = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="wide"><table class="{kind}"><thead><tr>{names}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def with_code(text: str) -> str:
    """Return a sentence whose parts in backticks and whose commands are code."""
    pieces = escape(text).split("`")
    shown = "".join(
        f"<code>{piece}</code>" if place % 2 else piece for place, piece in enumerate(pieces)
    )
    before, mark, command = shown.partition(": ")
    if mark and command.startswith(("make ", "vesper ")):
        return f"{before}: <code>{command}</code>"
    return shown


def percent(part: int, whole: int) -> str:
    """Return the share of a part, or nothing of an empty whole."""
    return f"{part / whole:.2%}" if whole else ""
