"""Draw rows with a known risk and train small models of both domains on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from scoring.credit.boosting import MonotoneBoosting
from scoring.credit.model import PARTS, CreditModel
from scoring.fraud.model import FraudModel

ROWS, LATER = 5_000, 1_500
TRANSACTION_FEATURES = ["amount", "customer_amount_avg_30d", "hour", "merchant_fraud_rate_7d"]
LABEL_FREE = TRANSACTION_FEATURES[:3]
LOAN_FEATURES = ["debt_to_income", "annual_income", "purpose_group", "account_count"]
DIRECTIONS = [1, -1, 0, 0]
LEVELS = [[], [], ["car", "home", "owner's choice"], []]


def transactions(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw transactions whose fraud shows in the amount and in the merchant; a tenth is unknown."""
    draw = np.random.default_rng(seed)
    matrix = draw.normal(size=(rows, len(TRANSACTION_FEATURES)))
    is_fraud = draw.random(rows) < 1 / (1 + np.exp(4 - 2 * matrix[:, 0] - matrix[:, 3]))
    matrix[draw.random(matrix.shape) < 0.1] = np.nan
    return matrix, is_fraud


def applications(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw applications that default with debt, small incomes and the last purpose."""
    draw = np.random.default_rng(seed)
    matrix = np.column_stack(
        [
            draw.beta(2, 5, rows),
            draw.lognormal(11, 0.5, rows),
            draw.integers(0, 3, rows).astype(float),
            draw.poisson(9, rows).astype(float),
        ]
    )
    risk = 4 * matrix[:, 0] - np.log(matrix[:, 1] / 60_000) + (matrix[:, 2] == 2) - 3
    is_bad = draw.random(rows) < 1 / (1 + np.exp(-risk))
    matrix[draw.random(matrix.shape) < 0.1] = np.nan
    return matrix, is_bad


def unfitted_credit(decides: str) -> CreditModel:
    boosting = MonotoneBoosting(max_iter=40, min_samples_leaf=40)
    return CreditModel(LOAN_FEATURES, DIRECTIONS, LEVELS, decides=decides, boosting=boosting)


def _fraud(rows: int) -> FraudModel:
    model = FraudModel(TRANSACTION_FEATURES, LABEL_FREE, max_iter=40, anomaly_trees=25)
    return model.fit(*transactions(rows, seed=1), calibration=transactions(LATER, seed=2))


def _credit(decides: str, rows: int) -> CreditModel:
    return unfitted_credit(decides).fit(*applications(rows, seed=1))


@dataclass(frozen=True)
class Learner:
    """Make a model from some rows, and draw rows of its kind by number and seed."""

    fit: Callable[[int], Any]
    draw: Callable[[int, int], tuple[np.ndarray, np.ndarray]]


LEARNERS = {
    "fraud": Learner(_fraud, transactions),
    **{part: Learner(partial(_credit, part), applications) for part in PARTS},
}


@cache
def fitted(name: str) -> Any:
    """Return the fraud model, or the credit model in which the named part decides."""
    return LEARNERS[name].fit(ROWS)
