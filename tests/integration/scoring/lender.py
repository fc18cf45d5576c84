"""A lender's day: applications beside card payments in one warehouse, and a model for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import skops.io

from features.views import APPLICATIONS, Kind
from scoring.commands.replay import Verification, verify
from scoring.credit.boosting import MonotoneBoosting
from scoring.credit.model import CreditModel
from scoring.domains import SCORE_APPLICATIONS
from scoring.evidence import closure
from scoring.evidence.replay import Selection
from scoring.runs import record
from tests.builders import NOON, an_application, insert_applications
from tests.integration.scoring.conftest import Bench

DAY = timedelta(days=1)
MIDNIGHT = NOON.replace(hour=0)
RISKY = {"debt_to_income_percent": 30.0, "delinquency_count_2y": 6}


class Lender(Bench):
    """The bench of applications, beside the one of payments in the same warehouse."""

    def admit(self, rows: Sequence[dict[str, Any]]) -> None:
        """Admit applications as one live delivery."""
        insert_applications(self.db, rows)

    def claim(
        self, start: datetime = MIDNIGHT, length: timedelta = DAY, **request: Any
    ) -> record.Run:
        """Claim a day."""
        return super().claim(start, length, **request)

    def decide(self, start: datetime = MIDNIGHT, **request: Any) -> record.Run:
        """Take one day through all its steps."""
        return super().decide(start, **request)

    def decided(self, columns: str) -> list[tuple[Any, ...]]:
        """Return the ledger, oldest revision first."""
        return self.db.rows(
            f"select {columns} from decisions.application_decisions "
            "order by application_id, revision"
        )

    def closes(self) -> list[str]:
        """Return the equations that do not hold."""
        with self.connect() as connection:
            found = closure.equations(connection, SCORE_APPLICATIONS, store=self.store)
        return [str(one) for one in found if not one.holds]

    def replayed(self, *, with_features: bool = False) -> Verification:
        """Decide everything again."""
        return verify(
            SCORE_APPLICATIONS,
            Selection(),
            self.db.settings,
            self.store,
            with_features=with_features,
        )


def a_day_of_applications() -> list[dict[str, Any]]:
    """A good one, a poor one, one without bureau data, one above its means, one without a rate."""
    nothing = ("revolving_utilisation_percent", "inquiry_count_6m", "delinquency_count_2y")
    return [
        an_application(application_id="good", customer_id="g"),
        an_application(application_id="poor", customer_id="p", **RISKY),
        an_application(application_id="thin", customer_id="t", **dict.fromkeys(nothing)),
        an_application(
            application_id="much",
            customer_id="m",
            annual_income_minor=1_200_000,
            annual_income_base_minor=1_200_000,
        ),
        an_application(
            application_id="rate",
            customer_id="r",
            currency_code="CHF",
            requested_amount_base_minor=None,
            annual_income_base_minor=None,
        ),
    ]


def write_model(path: Path) -> None:
    """Write a small model, really trained: debts and delinquencies are what loans fail of."""
    draw = np.random.default_rng(11)
    rows, names = 3_000, list(APPLICATIONS.columns)
    matrix = draw.gamma(2.0, 1.0, (rows, len(names)))
    for place, feature in enumerate(APPLICATIONS.features):
        if feature.kind is Kind.CATEGORY:
            matrix[:, place] = draw.integers(0, len(feature.levels), rows)
    debt = matrix[:, names.index("debt_to_income")] = draw.beta(2, 6, rows)
    late = matrix[:, names.index("delinquency_count_2y")] = draw.poisson(1.0, rows)
    risk = 6 * debt + 0.8 * late - 4.5
    is_bad = draw.random(rows) < 1 / (1 + np.exp(-risk))
    model = CreditModel(
        names,
        [feature.monotone for feature in APPLICATIONS.features],
        [list(feature.levels) for feature in APPLICATIONS.features],
        boosting=MonotoneBoosting(max_iter=30, min_samples_leaf=40),
    ).fit(matrix, is_bad)
    skops.io.dump(model, path)
