"""Writes the report of a simulation as Markdown: for a terminal, a file and a page. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from scoring.simulation.bounds import Bounds
from scoring.simulation.figures import money, rate, share, table
from scoring.simulation.report import Report

MOST_CODES = 12  # reason codes of the table


def markdown(report: Report) -> str:
    """Return the report as Markdown."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    model = f", model version {report.model_version}" if report.model_version else ""
    yield f"# {report.job}: policy {report.policy_version}{model}"
    yield ""
    yield (
        f"{report.rows:,} decisions from {report.start:%Y-%m-%d %H:%M} to "
        f"{report.end:%Y-%m-%d %H:%M} UTC were decided again."
    )
    if not report.rows:
        yield "There was nothing to simulate: the window holds no decision of this job."
        return
    yield from _honesty(report)
    yield ""
    yield from _summary(report)
    for title, part in (
        ("Flow", _flow(report)),
        (f"Approved and {report.event}", _bounds(report)),
        ("Reviews per day", _reviews(report)),
        ("Policy and model", _corners(report)),
        ("Rules of the candidate", _rules(report)),
        ("Reasons and customers", _reasons(report)),
        ("Groups", _groups(report)),
    ):
        lines = list(part)
        if lines:
            yield from ("", f"## {title}", "", *lines)
    yield from ("", report.feedback)


def _honesty(report: Report) -> Iterator[str]:
    if lost := report.decisions - report.rows:
        yield f"{lost:,} further decisions have lost their feature row and were left out."
    if report.own_differing:
        yield (
            f"**{report.own_differing:,} rows are not decided by their own policy as the ledger "
            "says. Find out why with `vesper replay` before you rely on this report.**"
        )
    else:
        policies = ", ".join(f"{version} ({rows:,})" for version, rows in report.own_policies)
        yield f"Their own policies decide every one of them as the ledger says: {policies}."


def _summary(report: Report) -> Iterator[str]:
    milder = report.moved - report.stricter
    yield (
        f"{report.moved:,} outcomes move ({share(report.moved / report.rows)}): "
        f"{report.stricter:,} become stricter, {milder:,} milder."
    )
    if report.limits_changed:
        yield f"{report.limits_changed:,} limits change."


def _flow(report: Report) -> Iterator[str]:
    yield from table(
        ("before", "after", "rows", "share", "amount", "observed", f"{report.event} rate"),
        [
            (
                cell.before,
                cell.after,
                f"{cell.rows:,}",
                share(cell.share),
                money(cell.amount_minor),
                f"{cell.observed:,}",
                cell.why_not or rate(cell.bad_rate),
            )
            for cell in report.cells
        ],
    )
    yield ""
    yield (
        "Amounts are at stake, in units of the base currency. A declined row is not observable, "
        "whatever a later label says of it. Intervals are of 95 % and count customers."
    )


def _bounds(report: Report) -> Iterator[str]:
    factor = f"{report.bad_multiplier:g}"
    yield from table(
        (
            *("rows", "observed", f"{report.event}", "unobserved", "if none is bad"),
            *("as neighbouring scores", f"{factor} times that", "if all are bad"),
        ),
        [
            _bounds_row("approved before", report.approved_before),
            _bounds_row("approved after", report.approved_after),
            _bounds_row("swapped in", report.swapped_in),
        ],
    )
    yield ""
    yield f"- Swapped in, observed part: {rate(report.swapped_in_rate)}."
    yield f"- Swapped out: {rate(report.swapped_out_rate)}."
    yield f"- {_flip(report)}"
    if report.matched is None:
        yield "- No row has matured, so the policies cannot be compared at equal rates."
        return
    found = report.matched
    yield (
        f"- Approval rate {share(found.rate_before)} before and {share(found.rate_after)} after; "
        f"{report.event} rate {share(found.bad_before)} and {share(found.bad_after)}."
    )
    yield (
        f"- At the old approval rate, the candidate's order has a {report.event} rate of "
        f"{share(found.bad_at_old_rate)} ({found.unobserved_at_old_rate:,} of these rows were "
        "declined and count as neighbouring scores)."
    )
    yield (
        f"- At the old {report.event} rate, the candidate's order approves "
        f"{share(found.rate_at_old_bad)}."
    )


def _bounds_row(name: str, bounds: Bounds) -> tuple[str, ...]:
    return (
        name,
        f"{bounds.observed:,}",
        f"{bounds.bad:,}",
        f"{bounds.unobserved:,}",
        share(bounds.low),
        share(bounds.as_neighbours),
        share(bounds.worse),
        share(bounds.high),
    )


def _flip(report: Report) -> str:
    if report.approved_after.unobserved == 0:
        return "The candidate approves no row that was declined: nothing is left to assume."
    if report.flips_at is None:
        return "No approved row has matured, so no conclusion can flip."
    if report.flips_at < 0:
        return f"The candidate has the higher {report.event} rate whatever the declined rows do."
    if report.flips_at > 1:
        return f"The candidate has the lower {report.event} rate whatever the declined rows do."
    text = (
        f"The conclusion flips where {share(report.flips_at)} of the unobserved rows are bad: "
        f"above it the candidate has the higher {report.event} rate"
    )
    near = report.approved_after.neighbours
    return (
        f"{text}, {report.flips_at / near:.1f} times the neighbouring rate." if near else f"{text}."
    )


def _reviews(report: Report) -> Iterator[str]:
    found = report.reviews
    if found is None:
        return
    yield from table(
        ("", "mean", "95th percentile", "most", "hours of the 95th percentile"),
        [
            (
                name,
                f"{load.mean:,.1f}",
                f"{load.p95:,.1f}",
                f"{load.most:,}",
                "-" if load.hours_p95 is None else f"{load.hours_p95:,.1f}",
            )
            for name, load in (("before", found.before), ("after", found.after))
        ],
    )
    if found.capacity is not None:
        yield ""
        yield (
            f"The team reviews {found.capacity:,} a day. The candidate asks for more on "
            f"{found.days_over:,} of {found.days:,} days."
        )


def _corners(report: Report) -> Iterator[str]:
    yield from table(
        ("policy", "model", "approve", "review", "decline", "moved"),
        [
            (
                *(corner.policy, corner.model),
                *(f"{count:,}" for count in (corner.approve, corner.review, corner.decline)),
                f"{corner.moved:,}",
            )
            for corner in report.corners
        ],
    )


def _rules(report: Report) -> Iterator[str]:
    if not report.rules:
        return
    yield from table(
        ("rule", "hits", "observed", "precision", "recall", "hits of no other rule"),
        [
            (
                f"`{rule.rule_id}`",
                f"{rule.hits:,}",
                f"{rule.observed:,}",
                share(rule.precision),
                share(rule.recall),
                f"{rule.alone:,}",
            )
            for rule in report.rules
        ],
    )


def _reasons(report: Report) -> Iterator[str]:
    yield (
        f"{report.flipped_both_ways:,} customers have a stricter and a milder outcome within 30 "
        "days."
    )
    found = report.reasons
    if found is None or not found.moved:
        return
    yield (
        f"Reasons were computed for {found.explained:,} of {found.moved:,} rows whose outcome or "
        "limit moves"
        + (f"; the model file of {found.without_model:,} is gone." if found.without_model else ".")
    )
    if found.changes:
        yield ""
        yield from table(
            ("reason", "appears", "disappears"),
            [
                (f"`{change.code}`", f"{change.appears:,}", f"{change.disappears:,}")
                for change in found.changes[:MOST_CODES]
            ],
        )


def _groups(report: Report) -> Iterator[str]:
    if not report.groups:
        return
    yield from table(
        ("group", "rows", "approved before", "after", "ratio before", "after"),
        [
            (
                f"{flow.before.attribute}: {flow.before.group}",
                f"{flow.before.rows:,}",
                share(flow.before.approval_rate),
                share(flow.after.approval_rate),
                *(_ratio(side.ratio) for side in (flow.before, flow.after)),
            )
            for flow in report.groups
        ],
    )
    yield ""
    yield (
        "The ratio is the approval rate of a group over that of the group with the highest one. "
        "Under 0.80 it is a reason to look, and no verdict."
    )


def _ratio(ratio: tuple[float, float, float] | None) -> str:
    if ratio is None:
        return "-"
    value, low, high = ratio
    return f"{value:.2f} ({low:.2f} to {high:.2f})"
