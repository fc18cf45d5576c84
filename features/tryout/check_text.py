"""Write the check of a file as lines and tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from features.tryout.findings import FeedCheck
from features.tryout.timelines import gaps


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of a terminal: its heading, the names of its columns and its rows."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def verdict(check: FeedCheck) -> str:
    """Return the verdict on a file as one line."""
    if check.hold:
        return f"HELD      {check.file} as {check.feed}: {check.hold}"
    return f"ADMITTED  {check.file} as {check.feed}: {share(check.accepted, check.rows)} accepted"


def facts(check: FeedCheck) -> list[str]:
    """Return the counts of a file, a line each."""
    repeats = check.repeats
    lines = [
        f"rows        {check.rows:,}",
        f"accepted    {share(check.accepted, check.rows)}",
        f"rejected    {share(check.rejected, check.rows)}",
        f"duplicates  {share(repeats.duplicates, check.rows)}, of which the first row is kept",
    ]
    if check.days:
        days = list(check.days)
        empty = sum((last - first).days + 1 for first, last in gaps(check.days))
        lines.append(
            f"times       {days[0]} to {days[-1]} UTC, {len(days):,} days with rows"
            + (f", {empty:,} days without" if empty else "")
        )
    if check.before_decide_from is not None and check.rows:
        lines.append(
            f"history     {share(check.before_decide_from, check.rows)} lie before decide_from "
            f"({check.decide_from}): learnt from, never decided"
        )
    return lines


def tables(check: FeedCheck) -> Iterator[Grid]:
    """Yield the tables of a check; a table without rows is left out."""
    yield from _rejections(check)
    if check.amounts:
        yield Grid(
            "Amounts, in units of their currency",
            ("currency", "rows", "smallest", "1 %", "median", "99 %", "largest"),
            tuple(
                (
                    spread.currency,
                    f"{spread.rows:,}",
                    f"{spread.smallest:,}",
                    f"{spread.quantiles[0.01]:,}",
                    f"{spread.quantiles[0.5]:,}",
                    f"{spread.quantiles[0.99]:,}",
                    f"{spread.largest:,}",
                )
                for spread in check.amounts[:8]
            ),
        )
    if check.labels:
        yield Grid(
            f"Labels by month ({check.label_name})",
            ("month", "rows", "with a label", "positive", "rate"),
            tuple(
                (
                    f"{month.month:%Y-%m}" if month.month else "",
                    f"{month.rows:,}",
                    f"{month.labelled:,}",
                    f"{month.positive:,}",
                    f"{month.positive / month.labelled:.2%}" if month.labelled else "–",
                )
                for month in check.labels[-24:]
            ),
        )
    if check.joins:
        yield Grid(
            "Joins with other files",
            ("feed", "by", "rows that find their key", "keys", "keys without a row", "rejected"),
            tuple(
                (
                    join.feed,
                    join.key,
                    share(join.matched, join.rows),
                    f"{join.keys:,}",
                    f"{join.unused:,}",
                    f"{join.rejected:,}",
                )
                for join in check.joins
            ),
        )


def _rejections(check: FeedCheck) -> Iterator[Grid]:
    if check.rejections:
        yield Grid(
            "Rejected rows (examples are masked)",
            ("rows", "reason", "column", "examples", "what changes it"),
            tuple(
                (
                    f"{rejection.rows:,}",
                    rejection.reason,
                    place_of(rejection.column, rejection.delivered),
                    "\n".join(f"{each.value}  (row {each.row})" for each in rejection.examples),
                    rejection.remedy or rejection.sentence,
                )
                for rejection in check.rejections
            ),
        )


def place_of(column: str | None, delivered: str) -> str:
    """Return the canonical name of a column and, if it differs, the delivered one."""
    if column is None:
        return "the whole row"
    return f"{column} (from {delivered})" if delivered and delivered != column else column


def share(part: int, whole: int) -> str:
    """Return a count with its share of a whole."""
    return f"{part:,} ({part / whole:.2%})" if whole else f"{part:,}"
