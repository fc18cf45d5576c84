"""Card precision equals the definition of the handbook."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scoring.fraud import card_precision


def test_a_card_ranks_by_its_riskiest_transaction_and_leaves_once_caught() -> None:
    #                   day 1          day 2
    customer = np.array([0, 0, 1, 2, 0, 1, 2])
    day = np.array([1, 1, 1, 1, 2, 2, 2])
    is_fraud = np.array([0, 1, 0, 0, 1, 1, 0], dtype=bool)
    score = np.array([0.9, 0.1, 0.5, 0.4, 0.9, 0.2, 0.8])

    shares = card_precision.by_day(customer, day, is_fraud, score, top=1)

    # day 1: card 0 leads by a genuine transaction
    # day 2: card 0 is out, so card 2 leads and is genuine
    assert shares.tolist() == [1.0, 0.0]


def test_card_precision_equals_the_definition_of_the_book() -> None:
    draw = np.random.default_rng(9)
    rows = 6_000
    frame = pd.DataFrame(
        {
            "CUSTOMER_ID": draw.integers(0, 700, rows),
            "TX_TIME_DAYS": np.sort(draw.integers(0, 7, rows)),
            "TX_FRAUD": draw.random(rows) < 0.03,
            "predictions": draw.random(rows),
        }
    )

    shares = card_precision.by_day(
        frame["CUSTOMER_ID"].to_numpy(),
        frame["TX_TIME_DAYS"].to_numpy(),
        frame["TX_FRAUD"].to_numpy(),
        frame["predictions"].to_numpy(),
        top=100,
    )

    assert shares.tolist() == _by_the_book(frame, top=100)


def test_the_ceiling_equals_the_result_of_a_perfect_ranking() -> None:
    customer = np.arange(10)
    is_fraud = customer < 3

    assert card_precision.ceiling(customer, np.zeros(10, int), is_fraud) == 0.03


def _by_the_book(frame: pd.DataFrame, top: int) -> list[float]:
    """Compute card precision as chapter 4 of the handbook defines it."""
    caught: list[int] = []
    shares = []
    for day in sorted(frame["TX_TIME_DAYS"].unique()):
        today = frame[(frame["TX_TIME_DAYS"] == day) & ~frame["CUSTOMER_ID"].isin(caught)]
        cards = today.groupby("CUSTOMER_ID")[["predictions", "TX_FRAUD"]].max()
        first = cards.sort_values("predictions", ascending=False).head(top)
        frauds = first.index[first["TX_FRAUD"]].tolist()
        caught.extend(frauds)
        shares.append(len(frauds) / top)
    return shares
