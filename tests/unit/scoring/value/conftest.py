"""Two merchants, valued once for all tests of the value model."""

from __future__ import annotations

import pytest

from scoring.value import backtest
from scoring.value.backtest import Backtest
from scoring.value.model import CustomerValueModel
from scoring.value.rows import TrainingSet
from tests.value import FEATURES, joined, random_purchases, regular_purchases, snapshots


@pytest.fixture(scope="session")
def rows() -> TrainingSet:
    """Snapshots of customers who follow the models, of subscribers, and of a tiny shop."""
    return joined(
        [
            snapshots(random_purchases(700, 1), "random"),
            snapshots(regular_purchases(300, 2), "regular"),
            snapshots(random_purchases(40, 3), "tiny"),
        ]
    )


@pytest.fixture(scope="session")
def tested(rows: TrainingSet) -> Backtest:
    """The backtest of all merchants."""
    return backtest.run(rows)


@pytest.fixture(scope="session")
def model(rows: TrainingSet, tested: Backtest) -> CustomerValueModel:
    """The model with the methods of the backtest."""
    return CustomerValueModel(list(FEATURES)).fit(rows, tested.methods)
