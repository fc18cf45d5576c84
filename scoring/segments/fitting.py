"""Fit the segments of all merchants, and hold each refit against the model in force. Pure.

A refit that divides the same customers in another way would move a third of them in one night for
no reason of theirs. Such a merchant keeps the segments in force.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Codes, Floats, Matrix
from scoring.segments import clustering, identity, naming, stability
from scoring.segments.assignment import NONE
from scoring.segments.clustering import Trial
from scoring.segments.model import POOLED, MerchantSegments, SegmentModel
from scoring.segments.points import FEATURES, Scale

FEWEST_CUSTOMERS = 200  # of a merchant with segments of its own
FEWEST_POOLED = 20  # fewer customers of all merchants give no model
SEED = 20261201


@dataclass(frozen=True, slots=True)
class Fit:
    """The fit of one merchant's segments, with the reasons for people.

    Attributes:
        segments: in the new model; those in force where the gate refused the refit.
        trials: the numbers of segments that were tried.
        count: the number of segments of the fit.
        is_steady: whether that number passed its trial.
        agreement: adjusted Rand index with the model in force; None without one.
        is_accepted: whether the refit serves.
        levels: [n] segments of the customers in the new model.
        migration: [9, 9] customers by segment in force and in the new model.
    """

    segments: MerchantSegments
    trials: tuple[Trial, ...]
    count: int
    is_steady: bool
    agreement: float | None
    is_accepted: bool
    levels: Codes
    migration: Codes

    @property
    def trial(self) -> Trial:
        """The trial of the number of segments that was fitted."""
        return next(trial for trial in self.trials if trial.count == self.count)


def fit(
    values: Matrix,
    in_force: MerchantSegments | None = None,
    *,
    seed: int = SEED,
    resamples: int = clustering.RESAMPLES,
) -> Fit:
    """Fit the segments of some customers.

    The number of segments is the largest that passes its trial. Of a refit, it is the largest that
    also divides the customers like the segments in force.

    Args:
        values: [n, 3] raw features.
        in_force: the segments that serve now; their ids and names are kept for matched segments.
        seed: of the draws.
        resamples: of each trial.

    Raises:
        ValueError: fewer than four customers differ.
    """
    before: Codes = np.full(len(values), NONE, np.int64)
    if in_force:
        before = in_force.nearest(values)
    trials, passing = _tried(values, before, in_force, seed, resamples)
    refits = passing or [_refit(clustering.steadiest(trials), values, in_force)]
    agreements = [clustering.agreement(before, refit.levels) for refit in refits]
    refit = refits[int(np.argmax(agreements))]
    is_accepted = in_force is None or identity.is_same(before, refit.levels)
    levels = refit.levels if is_accepted else before
    return Fit(
        segments=refit.segments if is_accepted or in_force is None else in_force,
        trials=tuple(trials),
        count=refit.count,
        is_steady=bool(passing),
        agreement=max(agreements) if in_force else None,
        is_accepted=is_accepted,
        levels=levels,
        migration=stability.migration(before, levels),
    )


@dataclass(frozen=True, slots=True)
class _Refit:
    """A number of segments that passed its trial, with the customers' levels."""

    count: int
    segments: MerchantSegments
    levels: Codes


def _tried(
    values: Matrix,
    before: Codes,
    in_force: MerchantSegments | None,
    seed: int,
    resamples: int,
) -> tuple[list[Trial], list[_Refit]]:
    """Try numbers of segments until a fit may serve; return all trials, and the passing fits.

    Raises:
        ValueError: fewer than four customers differ.
    """
    trials: list[Trial] = []
    passing: list[_Refit] = []
    for trial in clustering.trials(_points(values), seed, resamples):
        trials.append(trial)
        if not trial.passes:
            continue
        passing.append(_refit(trial, values, in_force))
        if in_force is None or identity.is_same(before, passing[-1].levels):
            break
    if not trials:
        raise ValueError(
            f"fewer than {min(clustering.COUNTS)} of {len(values)} customers differ in recency, "
            "frequency and spend; segments need more customers"
        )
    return trials, passing


def _points(values: Matrix) -> Floats:
    return Scale.of(values).points(values)


def _refit(trial: Trial, values: Matrix, in_force: MerchantSegments | None) -> _Refit:
    segments = _named(Scale.of(values), trial.centroids, in_force)
    return _Refit(trial.count, segments, segments.nearest(values))


def fit_all(
    by_merchant: Mapping[str, Matrix],
    fitted_at: str,
    in_force: SegmentModel | None = None,
    *,
    resamples: int = clustering.RESAMPLES,
) -> tuple[SegmentModel, dict[str, Fit]]:
    """Fit the pooled segments, and those of each merchant with enough customers that differ.

    A merchant with segments of its own keeps them while it has too few customers for a refit, so
    its ids never take the meaning of the pooled ones.

    Args:
        by_merchant: [n, 3] raw features of the customers of one night, by merchant.
        fitted_at: that night, as an ISO day.
        in_force: the model that serves now.
        resamples: of each trial.

    Returns:
        The model, and the fits by merchant; the pooled fit has the merchant `POOLED`.

    Raises:
        ValueError: there are too few customers.
    """
    own = {name for name in in_force.merchants_ if name != POOLED} if in_force else set()
    if len(by_merchant) == 1 and own.isdisjoint(by_merchant):  # its customers are all customers
        by_merchant = {POOLED: next(iter(by_merchant.values()))}
    pooled = np.vstack([np.empty((0, len(FEATURES))), *by_merchant.values()])
    if len(pooled) < FEWEST_POOLED:
        raise ValueError(
            f"{len(pooled)} customers bought within the look-back; segments need at least "
            f"{FEWEST_POOLED}"
        )
    groups = {POOLED: pooled} | {
        name: values
        for name, values in sorted(by_merchant.items())
        if len(values) >= FEWEST_CUSTOMERS and clustering.can_divide(_points(values))
    }
    fits = {
        name: fit(values, _serving(in_force, name), resamples=resamples)
        for name, values in groups.items()
    }
    kept = {name: in_force.part(name) for name in own - fits.keys()} if in_force else {}
    parts = kept | {name: fitted.segments for name, fitted in fits.items()}
    model = SegmentModel(list(FEATURES), naming.VERSION, SEED).of(parts, fitted_at)
    return model, fits


def _named(scale: Scale, points: Floats, in_force: MerchantSegments | None) -> MerchantSegments:
    table = naming.load()
    if in_force is None:
        centroids = identity.placed(points, identity.by_value(points))
        return MerchantSegments(scale, centroids, naming.names_of(centroids, table))
    logs = points * scale.spread + scale.centre
    # in spreads of the scale in force, which is the same for both sides
    unit = in_force.scale.spread
    levels = identity.by_previous(logs / unit, in_force.raw_centroids / unit)
    centroids = identity.placed(points, levels)
    kept = {int(level): in_force.names[level] for level in levels if in_force.names[level]}
    return MerchantSegments(scale, centroids, naming.names_of(centroids, table, kept))


def _serving(in_force: SegmentModel | None, merchant: str) -> MerchantSegments | None:
    """Return the segments that serve a merchant now, its own or the pooled ones."""
    return in_force.part(merchant) if in_force else None
