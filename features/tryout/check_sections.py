"""Render the sections of the page of a check: rejected rows, times, amounts, labels and joins.

Each section is empty where the check has nothing to show.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from math import sqrt

from features.tryout.check_text import place_of, share
from features.tryout.findings import Example, FeedCheck, Rejection
from features.tryout.html_parts import meter, percent, table, with_code
from features.tryout.pictures import bars, rates
from features.tryout.spreads import AmountSpread, LabelMonth
from features.tryout.timelines import folded, gaps

_PICTURED = 3
_Z = 1.96


def rejections(check: FeedCheck) -> Iterable[str]:
    """Yield the section of rejections."""
    if not check.rejections:
        return
    yield "<h3>Rejected rows</h3>"
    yield (
        "<p>Values are masked. Ingest keeps rejected rows with their reason in "
        "<code>raw.rejected_rows</code>.</p>"
    )
    most = max(rejection.rows for rejection in check.rejections)
    head = ("Rows", "Reason", "Column", "Examples", "What changes it")
    yield table(
        head, [_rejection(each, most, check.rows) for each in check.rejections], "rejections"
    )


def _rejection(rejection: Rejection, most: int, rows: int) -> tuple[str, ...]:
    examples = "".join(
        f"<li><code>{escape(each.value)}</code> <small>{_where(each)}</small></li>"
        for each in rejection.examples
    )
    remedy = f"<b>{with_code(rejection.remedy)}</b>" if rejection.remedy else ""
    return (
        f"{rejection.rows:,}<br><small>{percent(rejection.rows, rows)}</small>"
        f"{meter(rejection.rows / most)}",
        f"<code>{escape(rejection.reason)}</code><br><small>{escape(rejection.sentence)}</small>",
        escape(place_of(rejection.column, rejection.delivered)),
        f'<ul class="plain">{examples}</ul>',
        remedy or "<small>no option of the description accepts such rows; mend the file</small>",
    )


def _where(example: Example) -> str:
    """Return the place of an example: its line, or its row in a format without lines."""
    return f"row {example.row:,}" if example.line is None else f"line {example.line:,}"


def times(check: FeedCheck) -> Iterable[str]:
    """Yield the section of times."""
    if not check.days:
        return
    unit, folded_days = folded(check.days)
    labels = [f"{day:%Y}" if unit == "year" else f"{day:%Y-%m}" if unit == "month" else str(day)
              for day, _ in folded_days]  # fmt: skip
    mark = None
    if check.decide_from and folded_days[0][0] < check.decide_from <= folded_days[-1][0]:
        before = sum(day < check.decide_from for day, _ in folded_days)
        mark = (before, f"decide_from {check.decide_from}")
    heights = [rows for _, rows in folded_days]
    yield f"<h3>Rows per {unit}</h3>"
    days = list(check.days)
    yield bars(heights, labels, f"Rows per {unit} from {days[0]} to {days[-1]}", mark=mark)
    remarks = []
    if check.before_decide_from is not None:
        remarks.append(
            f"{check.before_decide_from:,} rows lie before <code>decide_from</code>: they are "
            "learnt from and never decided."
        )
    if empty := gaps(check.days):
        shown = ", ".join(
            f"{first}" if first == last else f"{first} to {last}" for first, last in empty[:5]
        )
        more = f" and {len(empty) - 5} more stretches" if len(empty) > 5 else ""
        remarks.append(f"No rows on: {shown}{more}.")
    if check.at_midnight > 0.5 * check.rows > 0:
        remarks.append(
            f"{share(check.at_midnight, check.rows)} of the times are midnight in UTC: the file "
            "may have dates only, and features of the hour then say little."
        )
    yield from (f"<p>{remark}</p>" for remark in remarks)


def amounts(check: FeedCheck) -> Iterable[str]:
    """Yield the section of amounts."""
    if not check.amounts:
        return
    yield "<h3>Amounts</h3>"
    head = ("Currency", "Rows", "Zero", "Smallest", "1 %", "25 %", "Median", "75 %", "99 %",
            "Largest", "Total")  # fmt: skip
    yield table(head, [_spread(each) for each in check.amounts[:30]], kind="numbers")
    if len(check.amounts) > 30:
        yield f"<p>{len(check.amounts) - 30} more currencies are not shown.</p>"
    for spread in check.amounts[:_PICTURED]:
        if len(spread.histogram) < 2:
            continue
        labels = [f"{low:,.2f}" if low < 100 else f"{low:,.0f}" for low, _, _ in spread.histogram]
        yield f"<h4>Rows by amount in {escape(spread.currency)}, on a logarithmic axis</h4>"
        heights = [rows for _, _, rows in spread.histogram]
        yield bars(heights, labels, f"Rows by amount in {spread.currency}")


def _spread(spread: AmountSpread) -> tuple[str, ...]:
    shown = (spread.quantiles[each] for each in (0.01, 0.25, 0.5, 0.75, 0.99))
    return (
        escape(spread.currency),
        f"{spread.rows:,}",
        f"{spread.zeros:,}",
        f"{spread.smallest:,}",
        *(f"{value:,}" for value in shown),
        f"{spread.largest:,}",
        f"{spread.total:,}",
    )


def labels(check: FeedCheck) -> Iterable[str]:
    """Yield the section of labels."""
    if not check.labels:
        return
    months = [f"{month.month:%Y-%m}" if month.month else "" for month in check.labels]
    yield f"<h3>Labels by month of the event: {escape(check.label_name)}</h3>"
    yield "<h4>Share of positive labels, with 95 % intervals</h4>"
    values = [month.positive / month.labelled if month.labelled else None for month in check.labels]
    yield rates(values, [_interval(each) for each in check.labels], months, "Positive labels")
    yield "<h4>Rows with a label (dark) and without one yet (light)</h4>"
    yield bars(
        [month.labelled for month in check.labels],
        months,
        "Rows with and without a label",
        unit="rows with a label",
        upper=[month.rows - month.labelled for month in check.labels],
    )
    head = ("Month", "Rows", "With a label", "Positive", "Rate")
    rows = [
        (
            name,
            f"{month.rows:,}",
            f"{month.labelled:,}",
            f"{month.positive:,}",
            percent(month.positive, month.labelled),
        )
        for name, month in zip(months, check.labels, strict=True)
    ]
    yield f"<details><summary>The same as a table</summary>{table(head, rows, kind='numbers')}"
    yield "</details>"


def _interval(month: LabelMonth) -> tuple[float, float] | None:
    """Return Wilson's interval of the share of positive labels."""
    if not month.labelled:
        return None
    count, share_of = month.labelled, month.positive / month.labelled
    middle = (share_of + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    spread = share_of * (1 - share_of) / count + _Z**2 / (4 * count**2)
    half = _Z * sqrt(spread) / (1 + _Z**2 / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def joins(check: FeedCheck) -> Iterable[str]:
    """Yield the section of joins."""
    if not check.joins:
        return
    yield "<h3>Joins with other files</h3>"
    head = ("Feed", "Joined by", "Rows that find their key", "Keys", "Keys without a row",
            "Rejected rows of the file")  # fmt: skip
    yield table(
        head,
        [
            (
                escape(join.feed),
                f"<code>{escape(join.key)}</code>",
                share(join.matched, join.rows) + meter(join.matched / max(join.rows, 1)),
                f"{join.keys:,}",
                f"{join.unused:,}",
                f"{join.rejected:,}",
            )
            for join in check.joins
        ],
    )


def columns(check: FeedCheck) -> Iterable[str]:
    """Yield the section of columns."""
    filled = [fill for fill in check.fills if fill.filled]
    absent = [fill.column for fill in check.fills if not fill.filled]
    if not filled:
        return
    yield "<h3>Columns of the accepted rows</h3>"
    yield table(
        ("Canonical column", "Read from", "Rows with a value"),
        [
            (
                f"<code>{escape(fill.column)}</code>",
                f"<code>{escape(fill.delivered)}</code>" if fill.delivered else "the description",
                share(fill.filled, fill.rows) + meter(fill.filled / max(fill.rows, 1)),
            )
            for fill in filled
        ],
    )
    if absent:
        names = ", ".join(f"<code>{escape(name)}</code>" for name in absent)
        yield f"<p>Without any value: {names}.</p>"
