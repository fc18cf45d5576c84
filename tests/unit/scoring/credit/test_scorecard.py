"""A scorecard has whole points that people can add up, read and run in SQL."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.credit import scorecard_export
from scoring.credit.scorecard import Scorecard
from tests.models import DIRECTIONS, LEVELS, ROWS, applications
from tests.models import LOAN_FEATURES as FEATURES

LEVEL_COUNTS = [len(levels) for levels in LEVELS]


@pytest.fixture(scope="module")
def card() -> Scorecard:
    matrix, is_bad = applications(ROWS, seed=1)
    return Scorecard(DIRECTIONS, LEVEL_COUNTS).fit(matrix, is_bad)


def test_more_points_mean_less_risk(card: Scorecard) -> None:
    matrix, is_bad = applications(20_000, seed=2)

    score = card.total(matrix)
    middle = np.median(score)

    assert is_bad[score < middle].mean() > 1.5 * is_bad[score >= middle].mean()


def test_doubling_the_odds_costs_the_configured_points(card: Scorecard) -> None:
    matrix, _ = applications(100, seed=2)

    score, margin = card.total(matrix), card.margin(matrix)

    by_score = np.argsort(score)
    lowest, highest = by_score[0], by_score[-1]
    doublings = (score[highest] - score[lowest]) / card.points_to_double
    assert margin[lowest] - margin[highest] == pytest.approx(doublings * np.log(2))


def test_the_base_score_equals_the_base_odds(card: Scorecard) -> None:
    matrix, is_bad = applications(60_000, seed=3)

    near = np.abs(card.total(matrix) - card.base_score) < 15

    assert (~is_bad[near]).sum() / is_bad[near].sum() == pytest.approx(card.base_odds, rel=0.2)


def test_a_column_without_a_record_gives_no_points(card: Scorecard) -> None:
    assert not card.points_[FEATURES.index("account_count")].any()


def test_labels_of_one_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="0 defaults among 50 rows"):
        Scorecard().fit(np.random.default_rng(0).normal(size=(50, 2)), np.zeros(50, dtype=bool))


def test_an_empty_column_gives_no_points() -> None:
    matrix, is_bad = applications(ROWS, seed=1)
    matrix[:, 3] = np.nan

    card = Scorecard(DIRECTIONS, LEVEL_COUNTS).fit(matrix, is_bad)

    assert not card.points_[3].any()


def test_the_table_holds_every_bin_that_gives_points(card: Scorecard) -> None:
    lines = scorecard_export.lines(card, FEATURES, LEVELS)

    assert {line.characteristic for line in lines} == set(FEATURES[:3])
    assert [line.bin for line in lines if line.characteristic == "purpose_group"] == [
        *LEVELS[2],
        "missing",
    ]
    income = [line for line in lines if line.characteristic == "annual_income"]
    assert income[0].bin.startswith("to ")
    assert sum(line.rows for line in income) == ROWS


def test_the_table_reads_as_markdown(card: Scorecard) -> None:
    text = scorecard_export.as_markdown(card, FEATURES, LEVELS)

    assert "600 points stand for 10 repaid loans to one default" in text
    assert "| purpose_group | owner's choice |" in text


def test_the_sql_quotes_the_text_of_a_level(card: Scorecard) -> None:
    assert "= 'owner''s choice' then" in scorecard_export.as_sql(card, FEATURES, LEVELS)
