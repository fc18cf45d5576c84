"""Segments are as many as survive resamples, and keep their ids and names over refits."""

from __future__ import annotations

import numpy as np
import pytest

from features.platform.arrays import Matrix
from scoring.segments import clustering, fitting, identity, naming
from scoring.segments.model import POOLED, MerchantSegments, SegmentModel
from scoring.segments.points import Scale
from tests.unit.scoring.segments.customers import drawn, kinds_of


@pytest.fixture(scope="module")
def first() -> fitting.Fit:
    return fitting.fit(drawn(600), resamples=20)


def test_a_segment_holds_customers_of_one_kind(first: fitting.Fit) -> None:
    kinds = kinds_of(drawn(600))

    mixed = [level for level in set(first.levels) if len(set(kinds[first.levels == level])) > 1]

    assert first.is_steady
    assert mixed == []


def test_the_largest_number_that_passes_is_chosen(first: fitting.Fit) -> None:
    counts = [trial.count for trial in first.trials]

    assert counts == sorted(counts, reverse=True)
    assert [trial.passes for trial in first.trials] == [False] * (len(counts) - 1) + [True]
    assert first.count == counts[-1] == np.count_nonzero(np.bincount(first.levels))


def test_without_a_passing_number_the_steadiest_serves() -> None:
    cloud = np.expm1(np.random.default_rng(3).uniform(1, 5, (250, 3)))

    fit = fitting.fit(cloud, resamples=5)

    assert [trial.count for trial in fit.trials] == [8, 7, 6, 5, 4]
    assert not fit.is_steady
    assert fit.trial.agreement == max(trial.agreement for trial in fit.trials)


def test_a_trial_fails_for_a_splinter_or_for_chance() -> None:
    steady, shaky = np.full(20, 0.9), np.append(np.full(17, 0.9), [0.1] * 3)
    centroids = np.zeros((4, 3))

    assert clustering.Trial(centroids, steady, 0.03).passes
    assert not clustering.Trial(centroids, steady, 0.029).passes
    assert not clustering.Trial(centroids, shaky, 0.2).passes


def test_the_most_valuable_segment_of_a_first_fit_is_the_first(first: fitting.Fit) -> None:
    raw = first.segments.scale.raw(first.segments.centroids)

    assert raw[0] == pytest.approx([5, 20, 4_000], rel=0.5)
    assert raw[first.count - 1] == pytest.approx([300, 1, 60], rel=0.5)
    assert first.segments.names[0] == "loyal, high value"
    assert first.segments.names[first.count - 1] == "inactive, low value"


def test_a_refit_keeps_ids_and_names_although_clusters_are_numbered_by_chance(
    first: fitting.Fit,
) -> None:
    later = drawn(800, seed=1)

    refit = fitting.fit(later, first.segments, seed=99, resamples=20)

    assert refit.is_accepted
    assert refit.agreement is not None
    assert refit.agreement >= identity.LEAST_AGREEMENT
    assert list(refit.segments.names) == list(first.segments.names)
    assert np.mean(refit.levels == first.segments.nearest(later)) > 0.85
    assert np.trace(refit.migration) / refit.migration.sum() > 0.85


def test_a_refit_that_divides_the_customers_otherwise_is_refused(first: fitting.Fit) -> None:
    far = first.segments.centroids.copy()
    far[:, 0] *= -1
    in_force = MerchantSegments(first.segments.scale, far, first.segments.names)
    values = drawn(600, seed=2)

    refit = fitting.fit(values, in_force, resamples=20)

    assert refit.agreement is not None
    assert refit.agreement < identity.LEAST_AGREEMENT
    assert not refit.is_accepted
    assert refit.segments is in_force
    assert refit.levels.tolist() == in_force.nearest(values).tolist()


def test_a_further_segment_takes_an_id_that_was_never_used() -> None:
    previous = identity.placed(np.eye(4, 3), np.array([0, 2, 3, 5]))

    levels = identity.by_previous(np.vstack([np.eye(4, 3)[::-1], [[9, 9, 9]]]), previous)

    assert levels.tolist() == [5, 3, 2, 0, 1]


def test_a_lost_segment_leaves_its_id_unused() -> None:
    previous = identity.placed(np.diag([1.0, 2.0, 3.0]), np.array([0, 1, 2]))

    levels = identity.by_previous(np.array([[0, 0, 3.1], [1.1, 0, 0]]), previous)

    assert levels.tolist() == [2, 0]


def test_small_merchants_share_the_pooled_segments() -> None:
    groups = {"big": drawn(300), "small": drawn(fitting.FEWEST_CUSTOMERS - 1, seed=3)}

    model, fits = fitting.fit_all(groups, "2026-10-31", resamples=3)

    assert set(fits) == {POOLED, "big"}
    assert model.codes(["small", "big", "unknown"]).tolist() == [0, 1, 0]
    assert model.is_own("big")
    assert not model.is_own("small")


def test_a_single_merchant_is_fitted_once() -> None:
    model, fits = fitting.fit_all({"only": drawn(300)}, "2026-10-31", resamples=2)

    assert set(fits) == {POOLED}
    assert model.merchants_ == [POOLED]


def test_a_model_in_force_passes_its_segments_on_to_each_merchant() -> None:
    groups = {"one": drawn(300), "two": drawn(300, seed=4)}
    in_force, _ = fitting.fit_all(groups, "2026-10-31", resamples=3)

    model, fits = fitting.fit_all(groups, "2026-11-30", in_force, resamples=3)

    assert all(refit.agreement == 1.0 for refit in fits.values())
    assert model.centroids_.tobytes() == in_force.centroids_.tobytes()


@pytest.mark.parametrize("later", [{"two": drawn(90, seed=4)}, {}])
def test_a_merchant_keeps_its_own_segments_while_it_has_too_few_customers(
    later: dict[str, Matrix],
) -> None:
    groups = {"one": drawn(300), "two": drawn(300, seed=4, width=0.4)}
    in_force, _ = fitting.fit_all(groups, "2026-10-31", resamples=3)

    model, fits = fitting.fit_all(
        {"one": groups["one"], **later}, "2026-11-30", in_force, resamples=3
    )

    assert set(fits) == {POOLED, "one"}
    for name in groups:
        before, after = in_force.part(name), model.part(name)
        assert model.is_own(name)
        assert after.centroids.tobytes() == before.centroids.tobytes()
        assert list(after.names) == list(before.names)


def test_a_merchant_whose_customers_are_alike_stops_no_other() -> None:
    groups = {"one": drawn(300), "alike": np.tile([9.0, 1.0, 20.0], (300, 1))}

    model, fits = fitting.fit_all(groups, "2026-10-31", resamples=2)

    assert set(fits) == {POOLED, "one"}
    assert not model.is_own("alike")


def test_the_same_customers_give_the_same_bits() -> None:
    one, two = (fitting.fit(drawn(300), resamples=2).segments for _ in range(2))

    assert one.centroids.tobytes() == two.centroids.tobytes()


def test_customers_without_differences_are_no_segments() -> None:
    with pytest.raises(ValueError, match="fewer than 4 of 300 customers differ"):
        fitting.fit(np.tile([1.0, 2.0, 3.0], (300, 1)), resamples=2)
    with pytest.raises(ValueError, match="3 customers bought within the look-back"):
        fitting.fit_all({"one": drawn(3)}, "2026-10-31")


def test_a_model_needs_pooled_segments(first: fitting.Fit) -> None:
    with pytest.raises(ValueError, match="needs pooled segments"):
        SegmentModel().of({"one": first.segments}, "2026-10-31")


def test_a_constant_coordinate_adds_nothing_to_a_distance() -> None:
    values = np.column_stack([np.full(9, 3.0), np.arange(9.0), np.arange(9.0)])

    assert Scale.of(values).points(values)[:, 0].tolist() == [0.0] * 9


def test_customers_without_purchases_are_the_longest_silent() -> None:
    scale = Scale.of(drawn(300))
    unknown = np.array([[np.nan, np.nan, np.nan], [400.0, 0.0, -12.5]])

    placed = scale.points(unknown)

    assert placed[0].tolist() == placed[1].tolist()
    assert np.isfinite(placed).all()


def test_a_pass_over_many_customers_fits_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    # a million customers would take minutes
    monkeypatch.setattr(clustering, "MOST_FITTED", 200)

    fit = fitting.fit(drawn(600), resamples=2)

    assert len(fit.levels) == 600
    assert naming.load().named(fit.segments.names[0])
