"""Writes the tables of the generated pages in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

Row = Sequence[object]


def table(header: Row, rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a table, and an empty line after it."""
    yield _row(header)
    yield _row(["---"] * len(header))
    for row in rows:
        yield _row(row)
    yield ""


def yes(is_true: bool) -> str:
    """Return the cell of a flag: empty for false."""
    return "yes" if is_true else ""


def _row(cells: Row) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"
