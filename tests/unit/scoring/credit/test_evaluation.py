"""The evaluation measures months and segments as they are and states when defaults are too few."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from features.platform.errors import ContractError
from scoring.credit import evaluation, fitting, model_card
from scoring.credit.job import JOB
from scoring.credit.rows import TrainingSet
from scoring.models import benchmark, review, stability
from scoring.models.columns import Choice
from scoring.models.robustness import Robustness

ROWS = 6_000


def loans(rows: int = ROWS) -> TrainingSet:
    """Draw a year of loans whose probability of default is the first column."""
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
        np.array([f"a{number}" for number in range(rows)], dtype=object),
    )


def test_a_true_probability_is_calibrated_within_its_interval() -> None:
    rows = loans()

    measures = evaluation.measure(rows, rows.matrix[:, 0])

    for name in ("calibration_slope", "observed_to_expected"):
        assert measures[name].low < 1 < measures[name].high
    assert measures["gini"].value == pytest.approx(2 * measures["auc_roc"].value - 1)


def test_every_month_is_reported_with_its_rows_and_defaults() -> None:
    rows = loans()

    months = stability.by_month(rows.matrix[:, 0], rows.month, rows.is_bad, rows.matrix[:, 0])

    assert [month_report.month for month_report in months] == [
        f"2020-{month:02}" for month in range(1, 13)
    ]
    assert sum(month_report.rows for month_report in months) == ROWS
    assert sum(month_report.events for month_report in months) == rows.is_bad.sum()
    assert max(month_report.stability_index for month_report in months) < stability.STABLE


def test_the_figures_of_a_small_month_include_their_uncertainty() -> None:
    rows = loans()
    draw = np.random.default_rng(10)

    below = 0
    for _ in range(200):
        few = rows.take(np.sort(draw.choice(np.flatnonzero(rows.month == rows.month[0]), 60)))
        [month] = stability.by_month(rows.matrix[:, 0], few.month, few.is_bad, few.matrix[:, 0])
        below += month.stability_index < month.by_chance

    assert 180 <= below <= 200
    assert month.by_chance > stability.MOVED


def test_a_change_of_applicants_raises_the_stability_index() -> None:
    rows = loans()
    moved = np.where(rows.month == np.datetime64("2020-07"), rows.matrix[:, 0] + 0.2, 0.2)

    months = stability.by_month(rows.matrix[:, 0], rows.month, rows.is_bad, moved)

    assert months[6].stability_index > stability.MOVED


def test_segments_cover_every_row_and_a_thin_segment_is_not_ranked() -> None:
    rows = loans()
    rows.matrix[:30, 1] = np.nan

    segments = evaluation.by_segment(
        rows, rows.matrix[:, 0], {"purpose": ("car", "home"), "risk": ()}
    )

    purposes = [segment for segment in segments if segment.characteristic == "purpose"]
    assert [segment.segment for segment in purposes] == ["missing", "car", "home"]
    assert sum(segment.rows for segment in purposes) == ROWS
    assert purposes[0].auc_roc is None
    assert all(segment.auc_roc is not None for segment in purposes[1:])
    thirds = [segment for segment in segments if segment.characteristic == "risk"]
    assert thirds[0].segment.startswith("to ")
    assert thirds[2].segment.startswith("over ")
    assert [segment.rows for segment in thirds] == [ROWS // 3] * 3


def test_a_numeric_column_of_few_values_has_a_segment_per_value() -> None:
    rows = loans()
    rows.matrix[:, 1] = np.where(rows.matrix[:, 1] == 0, 36, 60)

    segments = evaluation.by_segment(rows, rows.matrix[:, 0], {"purpose": ()})

    assert [segment.segment for segment in segments] == ["36", "60"]


def test_large_bounds_have_thousands_separators() -> None:
    rows = loans()
    rows.matrix[:, 1] = np.arange(ROWS) * 10

    segments = evaluation.by_segment(rows, rows.matrix[:, 0], {"purpose": ()})

    assert [segment.segment for segment in segments] == [
        "to 19,997",
        "19,997 to 39,993",
        "over 39,993",
    ]


def test_the_newest_whole_months_are_the_test_set() -> None:
    slices = fitting.cut(loans())

    assert slices.learn.month.max() < slices.test.month.min()
    assert len(slices.test) >= 0.2 * ROWS


def test_too_few_defaults_are_reported() -> None:
    with pytest.raises(ContractError, match="loans of whole vintages hold"):
        fitting.cut(loans(100))


def test_a_column_without_recent_values_is_not_learnt_from() -> None:
    rows = loans()
    rows.matrix[-ROWS // 3 :, 1] = np.nan

    assert rows.varying() == ("risk", "purpose")
    assert rows.telling() == ("risk",)


def test_the_model_card_lists_data_exclusions_measures_months_and_segments() -> None:
    rows = loans()
    probability = rows.matrix[:, 0]
    measures = evaluation.measure(rows, probability)
    card = model_card.Content(
        feature_view="applications@1",
        columns=Choice(rows.features, {"fico_low": "is missing in the newest quarter"}),
        learnt="100 loans",
        tested="6000 loans",
        label_as_of="2024-01-01T00:00+00:00",
        decides="boosting",
        refit="Refitted on all loans",
        measures={"boosting": measures, "scorecard": measures},
        segments=evaluation.by_segment(rows, probability, {"purpose": ("car", "home")}),
        review=review.of_events(
            JOB.slot.name,
            date(2026, 2, 28),
            Robustness(
                benchmark.against(
                    "the scorecard", rows.is_bad, rows.customer, probability, -probability
                ),
                [],
                stability.by_month(probability, rows.month, rows.is_bad, probability),
            ),
            "defaults",
        ),
    )

    text = model_card.as_markdown(card, "## Fairness")

    for part in ("## Left out", "| KS | ", "| 2020-03 | ", "| purpose | car | ", "applications@1"):
        assert part in text
    assert text.endswith("## Fairness")
    assert "| fico_low | is missing in the newest quarter |" in text
    summary = model_card.summary(card)
    assert "- AUC: boosting 0." in summary
    assert "- Column fico_low is not used: it is missing in the newest quarter" in summary
    assert "- Refitted on all loans" in summary
