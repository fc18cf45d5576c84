"""Months and segments are counted as they are, and too few defaults are said."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from features.platform.errors import ContractError
from scoring.credit import evaluation, fitting, model_card
from scoring.credit.rows import TrainingSet

ROWS = 6_000


def loans(rows: int = ROWS) -> TrainingSet:
    """Draw loans over a year, whose probability of default is the first column."""
    draw = np.random.default_rng(8)
    start = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp() * 1_000_000)
    risk = draw.beta(2, 8, rows)
    matrix = np.column_stack([risk, draw.integers(0, 2, rows)])
    return TrainingSet(
        ("risk", "purpose"),
        matrix,
        draw.random(rows) < risk,
        np.arange(rows),
        start + np.sort(draw.integers(0, 365, rows)) * 86_400_000_000,
        np.array([f"a{one}" for one in range(rows)], dtype=object),
    )


def test_a_true_probability_is_calibrated_and_its_interval_says_so() -> None:
    rows = loans()

    found = evaluation.measure(rows, rows.matrix[:, 0])

    for name in ("calibration_slope", "observed_to_expected"):
        assert found[name].low < 1 < found[name].high
    assert found["gini"].value == pytest.approx(2 * found["auc_roc"].value - 1)


def test_every_month_is_told_with_its_rows_and_defaults() -> None:
    rows = loans()

    months = evaluation.by_month(rows.matrix[:, 0], rows, rows.matrix[:, 0])

    assert [one.month for one in months] == [f"2020-{month:02}" for month in range(1, 13)]
    assert sum(one.rows for one in months) == ROWS
    assert sum(one.bads for one in months) == rows.is_bad.sum()
    assert max(one.stability_index for one in months) < evaluation.STABLE


def test_a_small_month_swings_by_chance_and_the_figures_say_by_how_much() -> None:
    rows = loans()
    draw = np.random.default_rng(10)

    below = 0
    for _ in range(200):
        few = rows.take(np.sort(draw.choice(np.flatnonzero(rows.month == rows.month[0]), 60)))
        [month] = evaluation.by_month(rows.matrix[:, 0], few, few.matrix[:, 0])
        below += month.stability_index < month.by_chance

    assert 180 <= below <= 200
    assert month.by_chance > evaluation.MOVED


def test_a_month_of_other_applicants_shows_in_the_stability_index() -> None:
    rows = loans()
    moved = np.where(rows.month == np.datetime64("2020-07"), rows.matrix[:, 0] + 0.2, 0.2)

    months = evaluation.by_month(rows.matrix[:, 0], rows, moved)

    assert months[6].stability_index > evaluation.MOVED


def test_segments_cover_every_row_and_a_thin_one_is_not_ranked() -> None:
    rows = loans()
    rows.matrix[:30, 1] = np.nan

    found = evaluation.by_segment(rows, rows.matrix[:, 0], {"purpose": ("car", "home"), "risk": ()})

    purposes = [one for one in found if one.characteristic == "purpose"]
    assert [one.segment for one in purposes] == ["missing", "car", "home"]
    assert sum(one.rows for one in purposes) == ROWS
    assert purposes[0].auc_roc is None
    assert all(one.auc_roc is not None for one in purposes[1:])
    thirds = [one for one in found if one.characteristic == "risk"]
    assert thirds[0].segment.startswith("to ")
    assert thirds[2].segment.startswith("over ")
    assert [one.rows for one in thirds] == [ROWS // 3] * 3


def test_a_number_of_few_values_is_cut_into_them() -> None:
    rows = loans()
    rows.matrix[:, 1] = np.where(rows.matrix[:, 1] == 0, 36, 60)

    found = evaluation.by_segment(rows, rows.matrix[:, 0], {"purpose": ()})

    assert [one.segment for one in found] == ["36", "60"]


def test_large_bounds_are_written_as_people_write_them() -> None:
    rows = loans()
    rows.matrix[:, 1] = np.arange(ROWS) * 10

    found = evaluation.by_segment(rows, rows.matrix[:, 0], {"purpose": ()})

    assert [one.segment for one in found] == ["to 19,997", "19,997 to 39,993", "over 39,993"]


def test_the_newest_whole_months_test() -> None:
    slices = fitting.cut(loans())

    assert slices.learn.month.max() < slices.test.month.min()
    assert len(slices.test) >= 0.2 * ROWS


def test_too_few_defaults_are_said() -> None:
    with pytest.raises(ContractError, match="loans of whole vintages hold"):
        fitting.cut(loans(100))


def test_a_column_that_has_dried_up_is_not_learnt_from() -> None:
    rows = loans()
    rows.matrix[-ROWS // 3 :, 1] = np.nan

    assert rows.varying() == ("risk", "purpose")
    assert rows.telling() == ("risk",)


def test_the_card_tells_data_exclusions_measures_months_and_segments() -> None:
    rows = loans()
    probability = rows.matrix[:, 0]
    measures = evaluation.measure(rows, probability)
    card = model_card.Card(
        feature_view="applications@1",
        features=rows.features,
        learnt="100 loans",
        tested="6000 loans",
        label_as_of="2024-01-01T00:00+00:00",
        decides="boosting",
        measures={"boosting": measures, "scorecard": measures},
        months=evaluation.by_month(probability, rows, probability),
        segments=evaluation.by_segment(rows, probability, {"purpose": ("car", "home")}),
    )

    text = model_card.as_markdown(card, "## Fairness")

    for part in ("## Left out", "| KS | ", "| 2020-03 | ", "| purpose | car | ", "applications@1"):
        assert part in text
    assert text.endswith("## Fairness")
    assert "- AUC: boosting 0." in model_card.summary(card)
