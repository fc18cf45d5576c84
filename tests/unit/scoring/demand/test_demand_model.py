"""The model of demand serves ordered, bounded and repeatable forecasts."""

from __future__ import annotations

import numpy as np
import pytest
import skops.io

from features.platform.errors import TooFewLabelsError
from scoring.demand import evaluation, fitting, rows
from scoring.demand.classes import CLASSES
from scoring.demand.history import History
from scoring.demand.model import DemandModel
from scoring.demand.past import COLUMNS, Past
from scoring.demand.rows import Rows
from tests.demand import a_history, the_past

TREE = "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"


def the_night(shop: History, place: int = 300) -> Past:
    return the_past(shop, place)


def test_quantiles_are_ordered_and_nothing_is_below_0(model: DemandModel, shop: History) -> None:
    forecast = model.score(the_night(shop).matrix)

    assert forecast.mean_units.shape == (30, 28)
    assert (forecast.mean_units >= 0).all()
    assert (forecast.low_units >= 0).all()
    assert (forecast.low_units <= forecast.median_units).all()
    assert (forecast.median_units <= forecast.high_units).all()


def test_a_row_without_any_known_value_has_a_forecast(model: DemandModel) -> None:
    row = np.full((1, len(COLUMNS)), np.nan)
    row[0, COLUMNS.index("night_day")] = 20_000.0
    row[0, COLUMNS.index("age_days")] = 0.0

    answers = model.predict(row)

    assert np.isfinite(answers).all()


def test_the_result_of_a_row_does_not_depend_on_the_others(
    model: DemandModel, shop: History
) -> None:
    matrix = the_night(shop).matrix

    together = model.predict(matrix)
    alone = np.concatenate([model.predict(matrix[[row]]) for row in range(4)])

    np.testing.assert_array_equal(together[:4], alone)


def test_a_second_fit_has_the_same_bits(nights: Rows, shop: History, model: DemandModel) -> None:
    matrix = the_night(shop).matrix

    again = fitting.fit(nights, origins=1)

    np.testing.assert_array_equal(again.predict(matrix), model.predict(matrix))


def test_a_model_file_returns_the_same_bits_and_holds_no_code(
    model: DemandModel, shop: History
) -> None:
    stored = skops.io.dumps(model)
    types = skops.io.get_untrusted_types(data=stored)

    loaded = skops.io.loads(stored, trusted=types)

    assert set(types) == {TREE, "scoring.demand.model.DemandModel"}
    matrix = the_night(shop).matrix
    np.testing.assert_array_equal(loaded.predict(matrix), model.predict(matrix))
    assert loaded.table == model.table
    assert set(DemandModel.FITTED) <= set(vars(loaded))


def test_a_known_promotion_raises_its_days_and_no_others(model: DemandModel, shop: History) -> None:
    plain = the_night(shop).matrix.copy()
    for part in ("first", "last", "discount"):
        plain[:, [COLUMNS.index(f"promotion_{place}_{part}") for place in (1, 2)]] = np.nan
    promoted = plain.copy()
    promoted[:, COLUMNS.index("promotion_1_first")] = 10.0
    promoted[:, COLUMNS.index("promotion_1_last")] = 16.0
    promoted[:, COLUMNS.index("promotion_1_discount")] = 0.2

    without, with_it = model.score(plain).mean_units, model.score(promoted).mean_units

    np.testing.assert_array_equal(with_it[:, :9], without[:, :9])
    assert (with_it[:, 9:16].sum(axis=0) > 1.2 * without[:, 9:16].sum(axis=0)).all()


def test_the_mean_of_a_later_night_is_near_the_units_that_followed(
    model: DemandModel, shop: History
) -> None:
    later = rows.of_history(shop, [301], 28)

    mean = model.score(later.past.matrix).mean_units

    assert abs(evaluation.bias(mean, later.units)) < 0.15
    assert evaluation.wape(mean, later.units) < 0.6


def test_the_table_names_the_loss_of_every_candidate_and_the_chosen_ones(
    model: DemandModel,
) -> None:
    lines = model.table

    assert {line.column for line in lines} == {"mean", "median", "interval"}
    for column in ("mean", "median", "interval"):
        of_all = [line for line in lines if line.column == column and line.demand_class == "all"]
        chosen = [line for line in of_all if line.is_chosen]
        assert min(line.loss for line in of_all) == min(line.loss for line in chosen)
        assert len(of_all) >= 3


def test_each_class_has_the_name_of_its_method(model: DemandModel) -> None:
    names = model.methods(np.arange(len(CLASSES)))

    assert all(isinstance(name, str) and name for name in names)


def test_a_matrix_of_other_columns_is_refused(model: DemandModel) -> None:
    with pytest.raises(ValueError, match="not \\[n, "):
        model.score(np.zeros((2, 3)))


def test_a_history_without_a_day_behind_a_night_teaches_nothing() -> None:
    history = a_history(np.full((3, 40), 2.0))

    with pytest.raises(TooFewLabelsError, match="0 days after the nights are known"):
        fitting.fit(rows.of_history(history, [39], 28))


def test_a_short_history_is_forecast_without_trees() -> None:
    history = a_history(np.random.default_rng(1).poisson(3.0, (5, 90)).astype(float))
    nights = rows.of_history(history, [40, 61], 28)

    short = fitting.fit(nights)

    assert short.trees_ == []
    assert short.score(nights.past.matrix).mean_units.mean() == pytest.approx(3.0, rel=0.2)
