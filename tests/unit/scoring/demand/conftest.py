"""One fitted model of a small shop for all tests of this folder."""

from __future__ import annotations

import pytest

from scoring.demand import fitting, rows
from scoring.demand.history import History
from scoring.demand.model import DemandModel
from scoring.demand.rows import Rows
from tests.demand import a_shop

#: The nights that teach, three weeks apart.
NIGHTS = range(120, 320, 21)


@pytest.fixture(scope="session")
def shop() -> History:
    return a_shop()


@pytest.fixture(scope="session")
def nights(shop: History) -> Rows:
    return rows.of_history(shop, NIGHTS, 28)


@pytest.fixture(scope="session")
def model(nights: Rows) -> DemandModel:
    return fitting.fit(nights, origins=1)
