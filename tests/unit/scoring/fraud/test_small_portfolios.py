"""A portfolio with few frauds gets a simpler model whose calibration holds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import skops.io
from scipy.special import expit, logit

from features.platform.errors import TooFewLabelsError
from features.views import TRANSACTIONS
from scoring.fraud import fitting
from scoring.fraud.anomaly import FraudEstimator
from scoring.fraud.fitting import Size, Slices
from scoring.fraud.job import JOB
from scoring.fraud.model import FraudModel
from scoring.fraud.rows import DAY_MICROSECONDS, TrainingSet
from scoring.fraud.small_model import SmallFraudModel
from scoring.models import model_files
from scoring.models.evaluation import Interval, observed_to_expected_interval

NAMES = (
    *("amount", "customer_amount_ratio_30d", "customer_transaction_count_24h"),
    *("merchant_fraud_rate_30d", "customer_seconds_since_previous", "is_new_merchant", "is_night"),
)


@dataclass(frozen=True)
class Portfolio:
    """The size of a portfolio that somebody brought."""

    rows: int
    frauds: int
    customers: int

    def draw(self, seed: int) -> TrainingSet:
        """Draw half a year of payments whose risk grows with amount, ratio and merchant."""
        draw = np.random.default_rng(seed)
        amount, ratio = draw.lognormal(4, 1, self.rows), draw.lognormal(0, 0.6, self.rows)
        count = draw.poisson(2, self.rows).astype(float)
        merchant, seconds = draw.beta(1, 60, self.rows), draw.exponential(40_000, self.rows)
        is_new, is_night = draw.random((2, self.rows)) < [[0.3], [0.2]]
        risk = 1.2 * np.log(amount) + 1.5 * np.log(ratio) + 0.2 * count + 20 * merchant + is_night
        low, high = -60.0, 20.0
        for _ in range(60):  # the intercept with which the expected frauds are those of the size
            middle = (low + high) / 2
            low, high = (
                (middle, high) if expit(risk + middle).sum() < self.frauds else (low, middle)
            )
        matrix = np.column_stack([amount, ratio, count, merchant, seconds, is_new, is_night])
        matrix[draw.random(matrix.shape) < 0.05] = np.nan
        return TrainingSet(
            NAMES,
            matrix,
            draw.random(self.rows) < expit(risk + low),
            draw.integers(0, self.customers, self.rows),
            np.sort(draw.integers(0, 180 * DAY_MICROSECONDS, self.rows)),
        )


FEW_CUSTOMERS = Portfolio(rows=4_000, frauds=60, customers=43)
RARE_FRAUDS = Portfolio(rows=60_000, frauds=180, customers=900)
FEW_FRAUDS = Portfolio(rows=9_000, frauds=27, customers=400)
SIZES = [FEW_CUSTOMERS, RARE_FRAUDS, FEW_FRAUDS]
MANY = Portfolio(rows=60_000, frauds=463, customers=2_000)  # 0.8 %
ENOUGH = Portfolio(rows=6_000, frauds=400, customers=400)  # for boosting


@cache
def trained(portfolio: Portfolio, seed: int = 1) -> tuple[FraudEstimator, Slices]:
    slices = fitting.cut(portfolio.draw(seed))
    return fitting.fit(slices, NAMES, TRANSACTIONS), slices


def calibration(model: FraudEstimator, rows: TrainingSet) -> Interval:
    probability = fitting.score(model, rows).fraud_probability
    return observed_to_expected_interval(rows.is_fraud, probability, rows.customer)


@pytest.mark.parametrize("portfolio", SIZES)
@pytest.mark.parametrize("seed", [1, 2])
def test_observed_frauds_lie_within_the_interval_of_the_expected_ones(
    portfolio: Portfolio, seed: int
) -> None:
    model, slices = trained(portfolio, seed)

    assert isinstance(model, SmallFraudModel)
    on_test = calibration(model, slices.test)
    assert on_test.low <= 1.0 <= on_test.high
    truth = Portfolio(30_000, round(30_000 * portfolio.frauds / portfolio.rows), 5_000).draw(9)
    assert 0.6 < calibration(model, truth).value < 1.7  # of many more rows of the same kind


def test_463_frauds_are_enough_for_boosting_and_its_calibration_holds() -> None:
    model, slices = trained(MANY)

    assert slices.size is Size.BOOSTING
    on_test = calibration(model, slices.test)
    assert on_test.low <= 1.0 <= on_test.high


def test_frauds_in_one_wave_are_cut_by_their_number() -> None:
    rows = MANY.draw(3)
    is_late = rows.occurred_us > 150 * DAY_MICROSECONDS
    waved = TrainingSet(
        rows.features, rows.matrix, rows.is_fraud & is_late, rows.customer, rows.occurred_us
    )

    slices = fitting.cut(waved)

    assert slices.size is Size.SMALL
    assert min(slices.frauds[0], slices.frauds[2]) >= fitting.FEWEST_TESTED


def test_the_smallest_sample_is_stated() -> None:
    with pytest.raises(TooFewLabelsError, match="16 frauds to learn and calibrate on and 4 later"):
        fitting.cut(Portfolio(rows=3_000, frauds=8, customers=43).draw(1))


def test_contributions_sum_to_the_log_odds_and_scores_do_not_depend_on_the_batch() -> None:
    model, slices = trained(FEW_CUSTOMERS)
    matrix = slices.test.matrix
    probability = model.score(matrix).fraud_probability

    whole = model.contributions(matrix).sum(axis=1) + model.base_log_odds_

    np.testing.assert_allclose(whole, logit(probability), atol=1e-9)
    assert model.score(matrix[:1]).fraud_probability[0] == probability[0]


def test_the_small_model_replays_bit_for_bit_from_its_file(tmp_path: Path) -> None:
    model, slices = trained(FEW_FRAUDS)
    again = fitting.fit(slices, NAMES, TRANSACTIONS)
    path = tmp_path / "model.skops"
    skops.io.dump(model, path)

    loaded = model_files.read(path, "model", JOB.model)

    for other in (loaded, again):
        expected, found = (one.score(slices.test.matrix) for one in (model, other))
        assert expected.fraud_probability.tobytes() == found.fraud_probability.tobytes()
        assert expected.anomaly_score.tobytes() == found.anomaly_score.tobytes()


@pytest.mark.parametrize("portfolio", [FEW_CUSTOMERS, MANY])
def test_the_refit_learns_from_the_newest_rows_too(portfolio: Portfolio) -> None:
    tested, slices = trained(portfolio)

    model = fitting.refit(slices, NAMES, TRANSACTIONS, tested)

    newest = slices.test.matrix
    changed = model.score(newest).fraud_probability != tested.score(newest).fraud_probability
    assert changed.any()
    whole = calibration(model, portfolio.draw(1))
    assert 0.7 < whole.value < 1.3


def test_a_refit_takes_the_trees_of_the_tested_model_without_a_change_of_a_bit() -> None:
    tested, slices = trained(ENOUGH)
    whole = ENOUGH.draw(1)
    earlier = len(slices.learn) + len(slices.calibrate)

    refitted = fitting.refit(slices, NAMES, TRANSACTIONS, tested)

    anomaly = fitting.anomaly_features(NAMES, TRANSACTIONS)
    later = whole.matrix[earlier:], whole.is_fraud[earlier:]
    anew = FraudModel(NAMES, anomaly).fit(whole.matrix, whole.is_fraud, later, earlier)
    expected, found = (model.score(whole.matrix) for model in (anew, refitted))
    assert expected.fraud_probability.tobytes() == found.fraud_probability.tobytes()
    assert expected.anomaly_score.tobytes() == found.anomaly_score.tobytes()
