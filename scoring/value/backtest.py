"""Decides per merchant which method serves, by a rolling-origin backtest. Pure.

At each origin both methods know what was known then: the parametric models fit the snapshot of the
origin, the trees learn from earlier snapshots whose targets were complete. Both forecast the same
customers, whose purchases are known by now.

The loss is consistent for a mean (Gneiting 2011): the Poisson deviance of purchases, and the
Tweedie deviance with power 1.5 of spend. The mean absolute error would favour a forecast of 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import mean_tweedie_deviance

from features.platform.arrays import Codes, Floats
from scoring.value import boosting, model
from scoring.value.model import METHODS
from scoring.value.rows import HISTORY, PURCHASES, TARGETS, TrainingSet

PARAMETRIC, BOOSTING = METHODS
#: The newest origins; older ones say little about the customers of today.
MOST_ORIGINS = 6
#: With fewer origins the parametric models serve.
LEAST_ORIGINS = 2
#: The trees serve with a loss of at most this share of the other loss; otherwise it is a tie.
MARGIN = 0.98
#: A forecast below these counts as these: a deviance of 0 would be infinite after a purchase.
LEAST_PURCHASES, LEAST_SPEND = 1e-4, 1e-2
POISSON, TWEEDIE = 1.0, 1.5


@dataclass(frozen=True, slots=True)
class Result:
    """The errors of a method at an origin, over the customers of a merchant.

    Attributes:
        merchant: its id.
        day: the origin, since 1970.
        method: of `METHODS`.
        target: of `TARGETS`.
        customers: their number.
        deviance: the mean deviance.
        absolute_error: the mean absolute error.
        expected: the sum of the forecasts.
        actual: the sum of the truth.
    """

    merchant: str
    day: int
    method: str
    target: str
    customers: int
    deviance: float
    absolute_error: float
    expected: float
    actual: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The method that serves a merchant.

    Attributes:
        merchant: its id.
        method: of `METHODS`.
        ratio: the loss of the trees over that of the parametric models; None without origins.
        wins: the origins at which the trees have the smaller loss.
        origins: the number of origins.
        reason: a sentence for people.
    """

    merchant: str
    method: str
    ratio: float | None
    wins: int
    origins: int
    reason: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """The forecasts of both methods for the customers of a merchant at an origin.

    Attributes:
        rows: the snapshot of the origin, with the truth.
        by_method: [n, 4] ordered as `TARGETS`.
    """

    rows: TrainingSet
    by_method: Mapping[str, Floats]

    @property
    def merchant(self) -> str:
        """The id of the merchant."""
        return str(self.rows.merchant[0])


@dataclass(frozen=True, slots=True)
class Backtest:
    """The forecasts and results of all origins, and the verdict of each merchant."""

    forecasts: tuple[Forecast, ...]
    results: tuple[Result, ...]
    verdicts: Mapping[str, Verdict]

    @property
    def methods(self) -> dict[str, str]:
        """Return the method of each merchant."""
        return {merchant: verdict.method for merchant, verdict in self.verdicts.items()}

    def served(self, target: str) -> tuple[Floats, Floats]:
        """Return the forecasts of the serving methods and the truth, over all origins: [m] each."""
        place = TARGETS.index(target)
        pairs = [
            (part.by_method[self.methods[part.merchant]][:, place], part.rows.targets[:, place])
            for part in self.forecasts
        ]
        expected = [expected for expected, _ in pairs]
        truth = [truth for _, truth in pairs]
        return np.concatenate([*expected, np.empty(0)]), np.concatenate([*truth, np.empty(0)])


def run(rows: TrainingSet) -> Backtest:
    """Compare the methods on the newest origins, and decide per merchant."""
    made = tuple(forecasts(rows))
    results = tuple(result for forecast in made for result in _results(forecast))
    verdicts = {
        merchant: decide(merchant, [result for result in results if result.merchant == merchant])
        for merchant in rows.merchants
    }
    return Backtest(made, results, verdicts)


def forecasts(rows: TrainingSet) -> Iterator[Forecast]:
    """Yield the forecasts of each origin and merchant, the oldest origin first."""
    codes: Codes = np.unique(rows.merchant.astype(str), return_inverse=True)[1].astype(np.int64)
    for day in origins(rows):
        trees = boosting.fit(rows, codes.astype(np.float64), day)
        is_tested = (rows.day == day) & np.isfinite(rows.targets).all(axis=1)
        tested, places = rows.take(np.flatnonzero(is_tested)), codes[is_tested]
        for merchant, own in model.own_parameters(tested).items():
            chosen = np.flatnonzero(tested.merchant == merchant)
            part = tested.take(chosen)
            matrix = np.column_stack([part.matrix, places[chosen].astype(np.float64)])
            yield Forecast(
                part,
                {
                    PARAMETRIC: model.expected(own, part.select(HISTORY).matrix),
                    BOOSTING: boosting.predict(trees, matrix),
                },
            )


def origins(rows: TrainingSet) -> list[int]:
    """Return the newest snapshot days that have a known future, and enough closed snapshots."""
    complete = rows.day[np.isfinite(rows.targets).all(axis=1)]
    days = [int(day) for day in np.unique(complete) if boosting.has_enough(rows, int(day))]
    return days[-MOST_ORIGINS:]


def decide(merchant: str, results: Sequence[Result]) -> Verdict:
    """Return the method of a merchant.

    The trees serve if their loss is at most `MARGIN` of the other loss, and smaller at most
    origins. A tie goes to the parametric models, which have three and four parameters and an
    explanation. Too little data goes to them too.
    """
    days = sorted({result.day for result in results})
    ratios = np.array([_ratio([r for r in results if r.day == day]) for day in days])
    if len(days) < LEAST_ORIGINS:
        reason = f"too little data: {len(days)} origins, {LEAST_ORIGINS} needed"
        ratio = float(ratios[0]) if days else None
        return Verdict(merchant, PARAMETRIC, ratio, int((ratios < 1).sum()), len(days), reason)
    ratio, wins = float(np.exp(np.log(ratios).mean())), int((ratios < 1).sum())
    serves = ratio <= MARGIN and wins * 2 > len(days)
    if serves:
        reason = f"the trees have {ratio:.3f} of the loss and win at {wins} of {len(days)} origins"
    elif ratio > 1 / MARGIN:
        reason = f"the trees have {ratio:.3f} times the loss"
    else:
        reason = (
            f"a tie: the trees have {ratio:.3f} of the loss and win at {wins} of {len(days)} "
            f"origins; {MARGIN} and most origins are needed"
        )
    return Verdict(merchant, BOOSTING if serves else PARAMETRIC, ratio, wins, len(days), reason)


def _ratio(results: Sequence[Result]) -> float:
    """Return the geometric mean over the targets of the trees' loss over the other loss."""
    loss = {(result.method, result.target): result.deviance for result in results}
    logs = [np.log(loss[BOOSTING, target] / loss[PARAMETRIC, target]) for target in TARGETS]
    return float(np.exp(np.mean(logs)))


def _results(forecast: Forecast) -> Iterator[Result]:
    rows = forecast.rows
    for method, expected in forecast.by_method.items():
        for place, target in enumerate(TARGETS):
            truth, answer = rows.targets[:, place], expected[:, place]
            yield Result(
                merchant=forecast.merchant,
                day=int(rows.day[0]),
                method=method,
                target=target,
                customers=len(rows),
                deviance=deviance(truth, answer, target),
                absolute_error=float(np.abs(answer - truth).mean()),
                expected=float(answer.sum()),
                actual=float(truth.sum()),
            )


def deviance(truth: Floats, expected: Floats, target: str) -> float:
    """Return the mean deviance of forecasts, above 0."""
    is_count = target in PURCHASES
    answer = np.maximum(expected, LEAST_PURCHASES if is_count else LEAST_SPEND)
    power = POISSON if is_count else TWEEDIE
    loss = mean_tweedie_deviance(np.maximum(truth, 0.0), answer, power=power)
    return max(float(loss), np.finfo(np.float64).tiny)
