"""Training on rows without any signal fails at once, because a retry has the same rows."""

from __future__ import annotations

import numpy as np
import pytest

from features.platform.errors import ContractError
from features.views import APPLICATIONS, TRANSACTIONS
from scoring.credit import fitting as credit
from scoring.credit.rows import TrainingSet as ClosedLoans
from scoring.fraud import fitting as fraud
from scoring.fraud.rows import TrainingSet as Transactions

ROWS = 400
IS_BAD = np.arange(ROWS) % 4 == 0
CODES = np.arange(ROWS)


def test_transactions_without_any_signal_are_refused() -> None:
    rows = Transactions(("amount",), np.ones((ROWS, 1)), IS_BAD, CODES, CODES)

    with pytest.raises(ContractError, match="no fraud model could be fitted on 320 rows"):
        fraud.fit(fraud.cut(rows), ["amount"], TRANSACTIONS)


def test_loans_without_any_signal_are_refused() -> None:
    rows = ClosedLoans(
        ("requested_amount",), np.ones((ROWS, 1)), IS_BAD, CODES, CODES, CODES.astype(object)
    )

    with pytest.raises(ContractError, match="no credit model could be fitted on 400 loans"):
        credit.fit(rows, APPLICATIONS)
