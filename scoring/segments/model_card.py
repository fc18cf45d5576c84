"""Say what a segment model is for, how its segments were chosen and what they are. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from features.platform.arrays import Matrix
from features.views import FeatureView
from scoring.models import review
from scoring.models.card import Card
from scoring.models.columns import Choice
from scoring.models.evaluation import Interval
from scoring.models.review import Review
from scoring.segments import naming
from scoring.segments.clustering import LEAST_AGREEMENT, LEAST_SHARE
from scoring.segments.fitting import FEWEST_CUSTOMERS, Fit
from scoring.segments.levels import LEVELS
from scoring.segments.model import POOLED
from scoring.segments.points import FEATURES, TAIL
from scoring.segments.stability import moved_share

MODEL = "customer_segments"  # the registered name, by which the inventory knows it
PURPOSE = (
    "The segment of each customer of a merchant on a night, from the time since the last purchase, "
    "the number of purchase days and the spend of 400 days. A segment describes; it decides "
    "nothing about a person."
)
BENCHMARK = """\
Segments predict nothing, so no simpler model is a benchmark. The bar is a second fit: refits on
resamples must divide the customers alike."""
SENSITIVITY = """\
A missing column counts as a customer without a purchase. If the feed leaves a column out for a
week, customers are nearest to another segment of all merchants; the stay of some nights delays the
move.

| missing column | customers nearest to another segment |
| --- | ---: |
"""
STABILITY = """\
The first measure above is the agreement of refits on resamples. A refit of a later month has a
section *Migration* with the customers that change their segment."""


@dataclass(frozen=True, slots=True)
class Content:
    """The facts of the page.

    Attributes:
        view: the feature view.
        night: of the customers, as an ISO day.
        values: [n, 3] of the customers, null = NaN.
        fits: by merchant; the pooled fit is among them.
        first: whether no model was in force.
        trained_on: the UTC day of the training.
        kept: merchants that keep their segments, for want of customers.
    """

    view: FeatureView
    night: str
    values: Matrix
    fits: Mapping[str, Fit]
    first: bool
    trained_on: date
    kept: Sequence[str] = ()


def of(content: Content) -> Card:
    """Return the card of a model."""
    unused = {
        name: "is no part of a customer's place" for name in content.view.columns
        if name not in FEATURES
    }  # fmt: skip
    return Card(
        title="Customer segments",
        purpose=PURPOSE,
        feature_view=content.view.qualified,
        columns=Choice(FEATURES, unused),
        facts=[
            f"{len(content.values)} customers of the night {content.night}",
            f"Names: table {naming.VERSION}",
        ],
        choices=choices(content),
        measures={
            "10th percentile of the agreement of refits": {
                _title(merchant): Interval(
                    fit.trial.agreement,
                    float(fit.trial.agreements.min()),
                    float(fit.trial.agreements.max()),
                )
                for merchant, fit in content.fits.items()
            },
            "share of the smallest segment": {
                _title(merchant): _point(fit.trial.smallest_share)
                for merchant, fit in content.fits.items()
            },
        },
        review=_review(content),
        sections=[
            *((f"Segments of {_title(name)}", table(fit)) for name, fit in content.fits.items()),
            *(
                (f"Migration of {_title(name)}", migration_table(fit))
                for name, fit in content.fits.items()
                if fit.agreement is not None
            ),
            ("Retention", "`retention.png`: the share of a segment's customers that bought later."),
        ],
    )


def _review(content: Content) -> Review:
    return review.of(
        MODEL,
        content.trained_on,
        benchmark=BENCHMARK,
        sensitivity=SENSITIVITY + _without_columns(content),
        stability=STABILITY,
    )


def _without_columns(content: Content) -> str:
    segments = content.fits[POOLED].segments
    before = segments.nearest(content.values)
    rows = []
    for place, name in enumerate(FEATURES):
        without = content.values.copy()
        without[:, place] = np.nan
        rows.append(f"| {name} | {np.mean(segments.nearest(without) != before):.0%} |")
    return "\n".join(rows)


def choices(content: Content) -> list[str]:
    """Return one line for each choice of the fit, with its reason."""
    return [
        f"Logarithms, cut at {TAIL:.0%} of the customers on each side, divided by their spread",
        "The number of segments is the largest from 4 to 8 whose refits on resamples agree with "
        f"the fit by at least {LEAST_AGREEMENT} (10th percentile of the adjusted Rand index), and "
        f"whose smallest segment has at least {LEAST_SHARE:.0%} of the customers",
        f"Merchants with fewer than {FEWEST_CUSTOMERS} customers share the pooled segments",
        *(_choice(_title(merchant), fit) for merchant, fit in content.fits.items()),
        *(
            f"{_title(merchant)}: too few customers for a refit, so the segments in force stay"
            for merchant in content.kept
        ),
    ]


def table(fit: Fit) -> str:
    """Return the segments as a table: size, centroid and advice."""
    raw = fit.segments.scale.raw(fit.segments.centroids)
    shares = np.bincount(fit.levels, minlength=len(LEVELS)) / len(fit.levels)
    names = naming.load()
    lines = [
        "| id | name | share | days since | purchase days | spend | meaning |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for level, name in enumerate(fit.segments.names):
        if not name:
            continue
        days, purchases, spend = raw[level]
        entry = names.named(name)
        lines.append(
            f"| {LEVELS[level]} | {name} | {shares[level]:.1%} | {days:,.0f} | {purchases:,.1f} "
            f"| {spend:,.0f} | {entry.meaning if entry else ''} |"
        )
    return "\n".join(lines)


def migration_table(fit: Fit) -> str:
    """Return the customers by segment in force (rows) and in the new model (columns)."""
    used = np.flatnonzero(fit.migration.sum(axis=0) + fit.migration.sum(axis=1))
    words = [(*LEVELS, "none")[level] for level in used]
    lines = [
        f"| before | {' | '.join(words)} |",
        "| --- |" + " ---: |" * len(words),
        *(
            f"| {word} | {' | '.join(str(fit.migration[row, column]) for column in used)} |"
            for word, row in zip(words, used, strict=True)
        ),
        "",
        f"{moved_share(fit.migration):.1%} of the customers are in another segment.",
    ]
    return "\n".join(lines)


def _choice(title: str, fit: Fit) -> str:
    steady = "" if fit.is_steady else "; no number passed its trial, and this one agreed best"
    if fit.agreement is None:
        return f"{title}: {fit.count} segments{steady}"
    verdict = "the refit serves" if fit.is_accepted else "the segments in force stay"
    return (
        f"{title}: a refit with {fit.count} segments{steady} agrees with the model in force by "
        f"{fit.agreement:.2f} on the same customers, so {verdict}"
    )


def _title(merchant: str) -> str:
    return "all merchants" if merchant == POOLED else f"merchant {merchant}"


def _point(value: float) -> Interval:
    return Interval(value, value, value)
