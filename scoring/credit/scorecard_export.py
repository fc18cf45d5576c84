"""Exports a scorecard as a readable table, and as SQL with the same points. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scoring.credit.binning import Bins
from scoring.credit.scorecard import Scorecard

MISSING = "missing"
INDENT = "        "


@dataclass(frozen=True, slots=True)
class ScorecardLine:
    """One bin of one characteristic."""

    characteristic: str
    bin: str
    rows: int
    default_rate: float | None
    woe: float
    points: int


def lines(
    card: Scorecard, features: Sequence[str], levels: Sequence[Sequence[str]]
) -> list[ScorecardLine]:
    """Return every bin of the characteristics with points.

    Args:
        card: fitted.
        features: names of its columns.
        levels: per column the names of a category's levels; empty for a number.
    """
    return [
        ScorecardLine(
            characteristic=name,
            bin=label,
            rows=int(bins.rows[at]),
            default_rate=(
                round(float(bins.bads[at] / bins.rows[at]), 4) if bins.rows[at] else None
            ),
            woe=round(float(bins.woe[at]), 4),
            points=int(points[at]),
        )
        for name, bins, names, points in zip(
            features, card.bins_, levels, card.points_, strict=True
        )
        if points.any()
        for at, label in enumerate(_labels(bins, names))
    ]


def as_markdown(card: Scorecard, features: Sequence[str], levels: Sequence[Sequence[str]]) -> str:
    """Return the scorecard as a table; the score of a row is the sum of its points."""
    head = [
        f"{card.base_score} points stand for {card.base_odds:g} repaid loans to one default; "
        f"{card.points_to_double} more double that. Every application starts at "
        f"{card.base_points_} points.",
        "",
        "| characteristic | bin | rows | default rate | weight of evidence | points |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    body = [
        f"| {line.characteristic} | {line.bin} | {line.rows} | "
        f"{'–' if line.default_rate is None else f'{line.default_rate:.1%}'} | {line.woe:+.3f} | "
        f"{line.points:+d} |"
        for line in lines(card, features, levels)
    ]
    return "\n".join([*head, *body]) + "\n"


def as_sql(card: Scorecard, features: Sequence[str], levels: Sequence[Sequence[str]]) -> str:
    """Return the score as one SQL expression over the columns of the feature table.

    Numbers are written so that they read back as the same doubles. An unknown level counts as
    missing, as in a matrix.
    """
    cases = [
        "\n".join(_case(name, bins, names, points.tolist()))
        for name, bins, names, points in zip(
            features, card.bins_, levels, card.points_, strict=True
        )
        if points.any()
    ]
    return "\n    + ".join([str(card.base_points_), *cases]) + "\n"


def _case(name: str, bins: Bins, names: Sequence[str], points: list[int]) -> Iterator[str]:
    column = '"' + name.replace('"', '""') + '"'
    yield "case"
    if names:
        for level, level_points in zip(names, points, strict=False):
            quoted = level.replace("'", "''")
            yield f"{INDENT}when {column} = '{quoted}' then {level_points}"
        yield f"{INDENT}else {points[-1]}"
    else:
        yield f"{INDENT}when {column} is null then {points[-1]}"
        for edge, bin_points in zip(bins.edges.tolist(), points, strict=False):
            yield f"{INDENT}when {column} <= {edge!r}::float8 then {bin_points}"
        yield f"{INDENT}else {points[-2]}"
    yield "    end"


def _labels(bins: Bins, names: Sequence[str]) -> list[str]:
    if names:
        return [*names, MISSING]
    edges = [f"{edge:g}" for edge in bins.edges]
    if not edges:
        return ["known", MISSING]
    between = [f"over {low} to {high}" for low, high in pairwise(edges)]
    return [f"to {edges[0]}", *between, f"over {edges[-1]}", MISSING]
