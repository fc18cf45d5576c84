"""The SQL of the handbook's 15 features gives the same values as its pandas code."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from scoring.fraud import book
from tests.builders import NOON, a_label, a_transaction, insert_labels, insert_transactions
from tests.conftest import Db

ROWS = 600


def test_the_books_features_are_computed_as_in_the_book(migrated: Db) -> None:
    frame = _draw()
    insert_transactions(
        migrated,
        [
            a_transaction(
                transaction_id=f"{row.TRANSACTION_ID:06}",
                customer_id=f"c{row.CUSTOMER_ID}",
                merchant_id=f"m{row.TERMINAL_ID}",
                occurred_at=row.TX_DATETIME.to_pydatetime(),
                amount_minor=round(row.TX_AMOUNT * 100),
            )
            for row in frame.itertuples()
        ],
    )
    insert_labels(
        migrated,
        [
            a_label(f"{row.TRANSACTION_ID:06}", row.TX_DATETIME.to_pydatetime(), is_fraud=True)
            for row in frame[frame["TX_FRAUD"] == 1].itertuples()
        ],
    )

    with migrated.connect("score") as connection:
        computed = book.read(connection, NOON - timedelta(days=1), NOON + timedelta(days=90))

    np.testing.assert_allclose(computed, _by_the_book(frame)[list(book.FEATURES)], atol=1e-9)


def _draw() -> pd.DataFrame:
    draw = np.random.default_rng(3)
    seconds = np.sort(draw.choice(60 * 86_400, ROWS, replace=False))
    return pd.DataFrame(
        {
            "TRANSACTION_ID": np.arange(ROWS),
            "TX_DATETIME": pd.Timestamp(NOON) + pd.to_timedelta(seconds, unit="s"),
            "CUSTOMER_ID": draw.integers(0, 6, ROWS),
            "TERMINAL_ID": draw.integers(0, 8, ROWS),
            "TX_AMOUNT": np.round(draw.gamma(2, 30, ROWS), 2),
            "TX_FRAUD": (draw.random(ROWS) < 0.2).astype(int),
        }
    )


def _by_the_book(frame: pd.DataFrame) -> pd.DataFrame:
    """Compute the baseline features of chapter 3 under the project's names."""
    out = pd.DataFrame(index=frame.index)
    out["amount"] = frame["TX_AMOUNT"]
    out["is_weekend"] = (frame["TX_DATETIME"].dt.weekday >= 5).astype(int)
    out["is_night"] = (frame["TX_DATETIME"].dt.hour <= 6).astype(int)
    for _, rows in frame.groupby("CUSTOMER_ID"):
        amounts = rows.set_index("TX_DATETIME")["TX_AMOUNT"]
        for days in (1, 7, 30):
            window = amounts.rolling(f"{days}d")
            count = window.count().to_numpy()
            out.loc[rows.index, f"customer_count_{days}d"] = count
            out.loc[rows.index, f"customer_average_{days}d"] = window.sum().to_numpy() / count
    for _, rows in frame.groupby("TERMINAL_ID"):
        frauds = rows.set_index("TX_DATETIME")["TX_FRAUD"]
        delayed = frauds.rolling("7d")
        for days in (1, 7, 30):
            window = frauds.rolling(f"{7 + days}d")
            count = (window.count() - delayed.count()).to_numpy()
            fraud = (window.sum() - delayed.sum()).to_numpy()
            out.loc[rows.index, f"terminal_count_{days}d"] = count
            risk = np.divide(fraud, count, out=np.zeros_like(fraud), where=count > 0)
            out.loc[rows.index, f"terminal_risk_{days}d"] = risk
    return out
