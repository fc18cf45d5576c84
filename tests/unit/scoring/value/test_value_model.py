"""The value model values each customer with the method and the parameters of its merchant."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import skops.io

from features.views import CUSTOMER_NIGHTS
from scoring.models import model_files
from scoring.models.columns import Choice
from scoring.value import amounts, explanation, figures, model_card
from scoring.value.backtest import Backtest
from scoring.value.job import JOB
from scoring.value.model import Answers, CustomerValueModel
from scoring.value.model_card import Content
from scoring.value.rows import HISTORY, TrainingSet, of_matrix
from tests.value import FEATURES, random_purchases, snapshots


def matrix_of(model: CustomerValueModel, rows: TrainingSet) -> np.ndarray:
    return rows.with_column(model.coded(rows.merchant)).matrix


def test_a_merchant_with_few_customers_shares_the_parameters_of_all(
    model: CustomerValueModel, rows: TrainingSet
) -> None:
    assert model.merchants == ["random", "regular"]
    tiny, stranger = model.coded(np.array(["tiny", "of no training"], dtype=object))
    customer = rows.newest().of_merchant("tiny").take(slice(0, 1))
    columns = customer.matrix[0]

    answers = model.predict(np.array([[*columns, tiny], [*columns, stranger], [*columns, 99.0]]))

    assert np.isfinite(answers).all()
    assert (answers == answers[0]).all()


def test_the_same_customer_has_another_value_at_another_merchant(
    model: CustomerValueModel, rows: TrainingSet
) -> None:
    customer = rows.newest().matrix[0]

    answers = model.predict(np.array([[*customer, 0.0], [*customer, 1.0]]))

    assert model.method_of(np.array([0.0, 1.0, np.nan])).tolist() == [0, 1, 0]
    assert (answers[0] != answers[1]).all()


def test_values_are_in_bounds_and_a_longer_horizon_never_has_less(
    model: CustomerValueModel, rows: TrainingSet
) -> None:
    answers = model.score(matrix_of(model, rows))

    near, far = answers.expected_purchases_30d, answers.expected_purchases_90d
    assert ((near >= 0) & (near <= far) & (near <= 30) & (far <= 90)).all()
    assert (answers.expected_spend_30d <= answers.expected_spend_90d).all()
    assert ((answers.p_active >= 0) & (answers.p_active <= 1)).all()


def test_the_value_of_a_row_does_not_depend_on_the_others(
    model: CustomerValueModel, rows: TrainingSet
) -> None:
    matrix = matrix_of(model, rows.newest())[::40]

    together = model.predict(matrix)

    alone = np.concatenate([model.predict(matrix[row : row + 1]) for row in range(len(matrix))])
    assert together.tobytes() == alone.tobytes()


@pytest.mark.parametrize("target", ["purchases_90d", "spend_90d"])
def test_the_values_of_customers_who_follow_the_models_add_up_to_the_later_ones(
    tested: Backtest, target: str
) -> None:
    parts = [r for r in tested.results if (r.merchant, r.method) == ("random", "mbg_nbd")]

    expected = sum(result.expected for result in parts if result.target == target)

    actual = sum(result.actual for result in parts if result.target == target)
    assert expected == pytest.approx(actual, rel=0.1)
    served, truth = tested.served(target)
    assert len(served) == len(truth) == sum(len(part.rows) for part in tested.forecasts)


def test_a_customer_without_a_purchase_day_counts_as_one_who_bought_400_days_ago() -> None:
    histories, values = of_matrix(np.array([[0.0, np.nan, np.nan, np.nan]]))

    assert (histories.repeats[0], histories.recency[0], histories.age[0]) == (0, 0, 400)
    assert (values.purchases[0], values.mean[0]) == (0, 0)


def test_a_model_file_is_read_with_the_types_of_the_job_and_values_to_the_same_bits(
    model: CustomerValueModel, rows: TrainingSet, tmp_path: Path
) -> None:
    skops.io.dump(model, tmp_path / "model.skops")
    matrix = matrix_of(model, rows.newest())

    copy = model_files.read(tmp_path / "model.skops", "the model", JOB.model)

    assert copy.predict(matrix).tobytes() == model.predict(matrix).tobytes()


def test_a_training_gives_the_same_bits_again(
    model: CustomerValueModel, rows: TrainingSet, tested: Backtest
) -> None:
    again = CustomerValueModel(list(FEATURES)).fit(rows, tested.methods)

    matrix = matrix_of(model, rows.newest())
    assert again.predict(matrix).tobytes() == model.predict(matrix).tobytes()


def test_a_matrix_without_the_merchants_is_refused(
    model: CustomerValueModel, rows: TrainingSet
) -> None:
    with pytest.raises(ValueError, match="6 features and the index of the merchant"):
        model.predict(rows.matrix)


def test_the_page_shows_the_table_of_the_backtest_and_the_tested_assumption(
    model: CustomerValueModel, rows: TrainingSet, tested: Backtest
) -> None:
    newest = rows.newest()
    content = Content(
        CUSTOMER_NIGHTS.qualified,
        Choice(FEATURES, {}),
        "snapshots",
        "2026-12-01",
        model,
        tested,
        {name: amounts.correlation(newest.of_merchant(name).values) for name in model.merchants},
        matrix_of(model, newest),
        date(2026, 12, 1),
    )

    page, summary = model_card.as_markdown(content), model_card.summary(content)

    assert "| regular | boosting |" in page
    assert "| tiny | mbg_nbd | – | 0 | 0 | too little data: 0 origins, 2 needed |" in page
    assert page.count("gamma-gamma assumes 0") >= 2
    assert "| all merchants together |" in page
    assert "Merchant random is valued by mbg_nbd" in summary
    assert "Trees serve 1 of 3 merchants" in page
    assert "| tenure_days | " in page
    assert "next review by 2028-06-01" in summary  # tier 2: after 18 months


def test_customers_of_whom_none_stops_are_named_on_the_page_and_in_the_explanation() -> None:
    rows = snapshots(random_purchases(700, 4, may_stop=False), "loyal")
    model = CustomerValueModel(list(FEATURES)).fit(rows, {})
    matrix = matrix_of(model, rows.newest())
    content = Content(
        *("view", Choice(FEATURES, {}), "", "", model, Backtest((), (), {}), {}),
        *(matrix, date(2026, 12, 1)),
    )

    active = model.score(matrix_of(model, rows.newest())).p_active

    assert active.min() > 0.99
    assert model.without_dropout == ["loyal", "all merchants together"]
    assert model_card.choices(content)[0].startswith("Parameters of loyal: no dropout shows")
    row = matrix_of(model, rows.newest())[:1]
    assert "(no dropout shows in the purchases)" in explanation.lines(model, row, "loyal")[2]


def test_customers_that_stop_differ_from_silent_ones(
    model: CustomerValueModel, rows: TrainingSet
) -> None:
    active = model.score(matrix_of(model, rows.newest())).p_active

    assert active.min() < 0.1
    assert model.without_dropout == []


def test_the_figures_show_each_target_of_the_serving_methods(tested: Backtest) -> None:
    drawn = figures.draw(tested)

    assert sorted(drawn) == [
        "calibration_purchases_30d.png",
        "calibration_purchases_90d.png",
        "calibration_spend_30d.png",
        "calibration_spend_90d.png",
    ]
    assert figures.draw(Backtest((), (), {})) == {}


def test_a_customer_reads_the_history_and_the_effect_of_a_purchase_today(
    model: CustomerValueModel,
) -> None:
    row = np.array([[3.0, 60.0, 200.0, 25.0, 0.0, 140.0, 0.0]])

    lines = explanation.lines(model, row, "random")

    assert lines[0] == "valued by mbg_nbd, with the parameters of merchant random"
    assert lines[1].startswith("3 purchase days after the first one, the last one 60 days after it")
    silent, bought = (float(line.split("probability ")[1].split(",")[0]) for line in lines[2:])
    assert silent < bought
    stranger = np.array([[*row[0, :-1], np.nan]])
    assert explanation.lines(model, stranger, "new")[0].endswith("of all merchants together")


def test_the_answers_are_those_of_the_job() -> None:
    assert Answers.names() == tuple(answer.name for answer in JOB.answers)
    assert set(HISTORY) <= set(JOB.view.columns)
