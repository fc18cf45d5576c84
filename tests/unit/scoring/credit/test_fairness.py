"""The fairness report measures decisions with their uncertainty and omits small groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from scoring.credit import fairness, fairness_page
from scoring.credit.fairness import GroupFigures
from scoring.credit.quality import german_credit


def figures_of(
    approved: dict[str, tuple[int, int]], repaid: bool | None = True
) -> dict[str, GroupFigures]:
    """Report on groups given as (approved, rows); every loan was repaid."""
    groups = np.concatenate([np.full(rows, name, object) for name, (_, rows) in approved.items()])
    decisions = np.concatenate([np.arange(rows) < yes for yes, rows in approved.values()])
    outcomes = None if repaid is None else np.full(len(groups), repaid)
    return {
        figure.group: figure for figure in fairness.report(decisions, outcomes, {"sex": groups})
    }


def test_the_group_approved_most_often_is_the_reference() -> None:
    figures = figures_of({"a": (800, 1_000), "b": (600, 1_000)})

    assert figures["a"].is_reference
    assert figures["a"].adverse_impact_ratio is None
    ratio = figures["b"].adverse_impact_ratio
    assert ratio is not None
    assert ratio.value == pytest.approx(0.75)
    assert ratio.low < 0.75 < ratio.high
    gap = figures["b"].equal_opportunity_gap
    assert gap is not None
    assert gap.value == pytest.approx(-0.2)


def test_a_group_is_marked_only_where_the_whole_interval_lies_under_four_fifths() -> None:
    sure = figures_of({"a": (8_000, 10_000), "b": (6_000, 10_000)})["b"]
    unsure = figures_of({"a": (80, 100), "b": (62, 100)})["b"]

    assert sure.is_to_be_looked_at
    assert unsure.adverse_impact_ratio is not None
    assert unsure.adverse_impact_ratio.value < fairness.FOUR_FIFTHS
    assert not unsure.is_to_be_looked_at


def test_a_small_group_is_counted_and_not_measured() -> None:
    figures = figures_of({"a": (800, 1_000), "b": (2, 40), "c": (40, 40)})

    assert figures["a"].is_reference
    assert (figures["b"].rows, figures["b"].adverse_impact_ratio) == (40, None)
    assert not figures["c"].is_reference


def test_without_outcomes_there_is_no_equal_opportunity() -> None:
    figures = figures_of({"a": (800, 1_000), "b": (600, 1_000)}, repaid=None)

    assert figures["b"].adverse_impact_ratio is not None
    assert figures["b"].equal_opportunity_gap is None


def test_rows_without_the_attribute_are_left_out() -> None:
    groups = np.array(["a"] * 200 + [None] * 100, dtype=object)

    figures = fairness.report(np.ones(300, bool), np.ones(300, bool), {"sex": groups})

    assert [(figure.group, figure.rows) for figure in figures] == [("a", 200)]


def test_the_interval_has_its_stated_coverage() -> None:
    draw = np.random.default_rng(9)
    covered = 0
    for seed in range(200):
        yes = draw.binomial(400, [0.6, 0.5])
        figures = figures_of({"a": (int(yes[0]), 400), "b": (int(yes[1]), 400)})
        compared = figures["b"] if figures["a"].is_reference else figures["a"]
        truth = 0.5 / 0.6 if figures["a"].is_reference else 0.6 / 0.5
        ratio = compared.adverse_impact_ratio
        assert ratio is not None, seed
        covered += ratio.low <= truth <= ratio.high

    assert covered >= 180


def test_the_page_holds_the_figures_and_the_limits() -> None:
    figures = list(figures_of({"a": (8_000, 10_000), "b": (6_000, 10_000)}).values())

    text = fairness_page.as_markdown(figures, "10 loans", "a note")

    assert "| sex | b | 10000 | 60.0% | 0.75 (" in text
    assert "look at |" in text
    assert "monitoring, not a verdict" in text
    assert text.endswith("a note\n")


def test_the_page_names_groups_without_a_measurement() -> None:
    assert fairness_page.NONE_MEASURED in fairness_page.as_markdown([], "10 loans")


def test_protected_columns_of_the_german_data_are_no_features(test_data: Path) -> None:
    table = pa.csv.read_csv(test_data / "loans" / "german_credit.csv.gz")

    matrix, levels = german_credit.matrix_of(table)

    assert matrix.shape == (1_000, 17)
    assert len(levels) == table.num_columns - len(german_credit.PROTECTED) - 1


def test_the_german_data_is_reported_by_sex_and_age(test_data: Path) -> None:
    report = german_credit.report(test_data / "loans" / "german_credit.csv.gz")

    rows = {(figure.attribute, figure.group): figure.rows for figure in report.figures}
    assert rows["sex", "female"] == 310
    assert sum(n for (attribute, _), n in rows.items() if attribute == "age") == 1_000
    assert {figure.attribute for figure in report.figures} == {"sex", "age", "foreign worker"}
    assert "1000 loans of the German credit data" in report.page
    assert "monitoring, not a verdict" in report.page
