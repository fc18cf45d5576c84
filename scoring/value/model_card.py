"""Says what a value model knows and which method serves each merchant: its model card. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from features.platform.arrays import Floats
from scoring.models import answer_changes, card, review
from scoring.models.card import Card
from scoring.models.columns import Choice
from scoring.models.evaluation import Interval
from scoring.models.review import Review
from scoring.value import amounts, backtest
from scoring.value.amounts import Correlation
from scoring.value.backtest import Backtest, Result
from scoring.value.model import (
    LEAST_CUSTOMERS,
    LEAST_REPEATERS,
    METHODS,
    CustomerValueModel,
)
from scoring.value.rows import TARGETS

MODEL = "customer_value"  # the registered name, by which the inventory knows it
RULE = f"""\
At each origin, the end of a month, both methods forecast the same customers with the knowledge of
that day. The loss is the geometric mean over the four targets of the trees' deviance over the
parametric deviance: Poisson for purchases, Tweedie with power {backtest.TWEEDIE} for spend.

- The trees serve a merchant with a loss of at most {backtest.MARGIN} and wins at most origins.
- A tie goes to the parametric models.
- With fewer than {backtest.LEAST_ORIGINS} origins the parametric models serve.
- A merchant with fewer than {LEAST_CUSTOMERS} customers, or fewer than {LEAST_REPEATERS} with a \
repeat purchase, uses
  the parameters of all merchants together."""


NO_DROPOUT = (
    "no dropout shows in the purchases, so p_active is near 1 for each customer; "
    "recency_days and the segment show silent customers"
)
#: Rows whose value is repeated without each column.
SENSITIVITY_ROWS = 2_000
#: Lines of choices in the description of a version, whose length is limited.
MOST_CHOICES = 40


@dataclass(frozen=True, slots=True)
class Content:
    """The content of the page.

    Args:
        feature_view: with its version.
        columns: used, and not used with the reasons.
        learnt: the number of snapshots and customers, and their period.
        as_of: purchases known later were ignored.
        model: the fitted model.
        backtest: of the newest origins.
        correlations: of frequency and value, by merchant.
        newest: [n, columns + 1] the matrix of the newest snapshots.
        trained_on: the UTC day of the training.
    """

    feature_view: str
    columns: Choice
    learnt: str
    as_of: str
    model: CustomerValueModel
    backtest: Backtest
    correlations: Mapping[str, Correlation | None]
    newest: Floats
    trained_on: date


def summary(content: Content) -> str:
    """Return the description of the model version."""
    return card.summary(_card(content))


def as_markdown(content: Content) -> str:
    """Return the whole page."""
    return card.as_markdown(_card(content))


def choices(content: Content) -> list[str]:
    """Return the method of each merchant with its reason, and the tests of both assumptions.

    Lines after the first `MOST_CHOICES` stay on the page alone.
    """
    lines = [
        *(
            f"Merchant {verdict.merchant} is valued by {verdict.method}: {verdict.reason}"
            for verdict in content.backtest.verdicts.values()
        ),
        *(f"Parameters of {name}: {NO_DROPOUT}" for name in content.model.without_dropout),
        *(
            f"Merchant {merchant}: {amounts.as_sentence(found)}"
            for merchant, found in content.correlations.items()
        ),
    ]
    left_out = len(lines) - MOST_CHOICES
    return [*lines[:MOST_CHOICES], *([f"{left_out} more lines left out"] if left_out > 0 else [])]


def metrics_of(results: Sequence[Result]) -> dict[str, dict[str, float]]:
    """Return the errors over all merchants and origins: by measure and target, then by method."""
    measures: dict[str, dict[str, float]] = {}
    for target in TARGETS:
        for method in METHODS:
            chosen = [r for r in results if (r.target, r.method) == (target, method)]
            if not chosen:
                continue
            weights = [result.customers for result in chosen]
            actual = sum(result.actual for result in chosen)
            expected = sum(result.expected for result in chosen)
            numbers = {
                "mean deviance": np.average([r.deviance for r in chosen], weights=weights),
                "mean absolute error": np.average(
                    [r.absolute_error for r in chosen], weights=weights
                ),
                "expected over actual": expected / actual if actual else np.nan,
            }
            for name, number in numbers.items():
                measures.setdefault(f"{name}, {target}", {})[method] = float(number)
    return measures


def _card(content: Content) -> Card:
    return Card(
        title="Customer value model",
        purpose=(
            "Expected purchases and expected spend of a merchant's customer in 30 and 90 days, and "
            "the probability that the customer is active. Per merchant, MBG/NBD with gamma-gamma "
            "or boosted trees give the expectations."
        ),
        feature_view=content.feature_view,
        columns=content.columns,
        facts=[f"Learnt from {content.learnt}", f"Purchases known at {content.as_of}"],
        choices=choices(content),
        measures={
            title: {method: Interval(value, value, value) for method, value in by.items()}
            for title, by in metrics_of(content.backtest.results).items()
        },
        review=_review(content),
        sections=[
            ("Which method serves", f"{RULE}\n\n{_verdicts(content.backtest)}"),
            ("Backtest by merchant and origin", _results(content.backtest.results)),
            ("Parameters", _parameters(content.model)),
            ("Correlation of frequency and value", _correlations(content.correlations)),
        ],
    )


def _review(content: Content) -> Review:
    changes = answer_changes.of_missing(
        lambda matrix: content.model.predict(matrix)[:, 0],
        content.newest,
        content.columns.used,
        SENSITIVITY_ROWS,
    )
    return review.of(
        MODEL,
        content.trained_on,
        benchmark=_benchmark(content.backtest),
        sensitivity=answer_changes.as_markdown(changes, "purchases of 30 days"),
        stability=_origins(content.backtest),
    )


def _benchmark(tested: Backtest) -> str:
    methods = list(tested.methods.values())
    boosted = methods.count(METHODS[1])
    return (
        "The parametric models are the benchmark of the trees: a merchant has trees only where "
        f"they win the backtest. Trees serve {boosted} of {len(methods)} merchants."
    )


def _origins(tested: Backtest) -> str:
    served = [
        result
        for result in tested.results
        if result.target == TARGETS[0] and tested.methods[result.merchant] == result.method
    ]
    if not served:
        return "There is no origin with enough earlier snapshots and a known future."
    rows = []
    for day in sorted({result.day for result in served}):
        of_day = [result for result in served if result.day == day]
        expected, actual = (
            sum(getattr(result, name) for result in of_day) for name in ("expected", "actual")
        )
        customers = sum(result.customers for result in of_day)
        ratio = _number(expected / actual if actual else None)
        rows.append(f"| {np.datetime64(day, 'D')} | {customers} | {actual:,.0f} | {ratio} |")
    head = "| origin | customers | purchases in 30 days | expected over actual |"
    return "\n".join([head, "| --- | ---: | ---: | ---: |", *rows])


def _verdicts(tested: Backtest) -> str:
    rows = [
        f"| {_cell(v.merchant)} | {v.method} | {_number(v.ratio)} | {v.wins} | {v.origins} | "
        f"{v.reason} |"
        for v in tested.verdicts.values()
    ]
    head = ["| merchant | serves | loss of the trees | wins | origins | reason |"]
    return "\n".join([*head, "| --- | --- | ---: | ---: | ---: | --- |", *rows])


def _results(results: Sequence[Result]) -> str:
    if not results:
        return "There is no origin with enough earlier snapshots and a known future."
    head = "| merchant | origin | target | method | customers | deviance | absolute error | sum |"
    rows = [
        f"| {_cell(r.merchant)} | {np.datetime64(r.day, 'D')} | {r.target} | {r.method} | "
        f"{r.customers} | {r.deviance:.4f} | {r.absolute_error:.4f} | "
        f"{r.expected:.1f} of {r.actual:.1f} |"
        for r in results
    ]
    return "\n".join([head, "| --- | --- | --- | --- | ---: | ---: | ---: | ---: |", *rows])


def _parameters(model: CustomerValueModel) -> str:
    head = "| merchant | r | alpha (days) | a | b | p | q | gamma |"
    rows = [
        f"| {_cell(name)} | " + " | ".join(f"{value:.4g}" for value in values) + " |"
        for name, values in zip(
            model.names, np.column_stack([model.purchases_, model.values_]), strict=True
        )
    ]
    return "\n".join([head, "| --- |" + " ---: |" * 7, *rows])


def _correlations(correlations: Mapping[str, Correlation | None]) -> str:
    lines = [
        f"- {_cell(merchant)}: {amounts.as_sentence(found)}"
        for merchant, found in correlations.items()
    ]
    return "\n".join(lines) or "No merchant has parameters of its own."


def _cell(text: str) -> str:
    """Return an id as a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
