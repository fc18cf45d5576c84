"""Two deciders decide one table: each row by one of them, in the order of the rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from scoring.decider import Decider
from scoring.decision import draws
from scoring.decision.policy.split import Split
from scoring.fraud.job import JOB
from scoring.split_decider import SplitDecider

SPLIT = Split(
    model="fraud_transactions",
    share=0.3,
    salt="winter",
    sample_size=1,
    until=datetime(2036, 1, 1, tzinfo=UTC),
    reason="a test",
)
CUSTOMERS = [f"c{number}" for number in range(200)]
ROWS = pa.table({"customer_id": CUSTOMERS, "amount": np.arange(200.0)})
DRAWN = draws.is_drawn(ROWS["customer_id"], "winter", 0.3)


@dataclass(frozen=True, slots=True)
class Stub(Decider):
    """Answers with its version; gives no answer for amounts from `fails_from` on."""

    version: str
    fails_from: float = np.inf

    def decide(self, rows: pa.Table) -> pa.Table:
        amount = rows["amount"].to_numpy()
        status = np.where(amount >= self.fails_from, "model_timed_out", "ok")
        return pa.table(
            {
                "amount": amount,
                "fraud_status": pa.array(status.tolist()),
                "anomaly_status": pa.array(status.tolist()),
                "model_version": pa.array([self.version] * len(amount)),
            }
        )


RUN: Any = SimpleNamespace(run_id="r1")


def a_split(fails_from: float = np.inf) -> SplitDecider:
    challenger = Stub(RUN, "2", fails_from)
    return SplitDecider(RUN, JOB, SPLIT, Stub(RUN, "1"), challenger, "2")


def test_each_drawn_customer_meets_the_challenger_and_rows_keep_their_order() -> None:
    decided = a_split().decide(ROWS)

    assert decided["amount"].to_pylist() == ROWS["amount"].to_pylist()
    assert decided["model_version"].to_pylist() == np.where(DRAWN, "2", "1").tolist()


@pytest.mark.parametrize("fails_from", [0, 100])
def test_the_champion_decides_where_the_challenger_gives_no_answer(fails_from: float) -> None:
    split = a_split(fails_from)

    decided = split.decide(ROWS)
    again = split.decide_again(ROWS, decided)

    is_challenged = DRAWN & (np.arange(200) < fails_from)
    assert decided["model_version"].to_pylist() == np.where(is_challenged, "2", "1").tolist()
    assert set(decided["fraud_status"].to_pylist()) == {"ok"}
    assert again["model_version"].to_pylist() == decided["model_version"].to_pylist()


def test_a_replay_gives_the_challenger_no_customer_that_was_not_drawn() -> None:
    altered = pa.table({"model_version": ["2"] * 200, "fraud_status": ["ok"] * 200})

    again = a_split().decide_again(ROWS, altered)

    assert again["model_version"].to_pylist() == np.where(DRAWN, "2", "1").tolist()


def test_no_rows_are_decided_as_no_rows() -> None:
    assert a_split().decide(ROWS.slice(0, 0)).num_rows == 0
