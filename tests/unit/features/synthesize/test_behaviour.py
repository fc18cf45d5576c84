"""The synthetic world has frauds that a model can learn and crowds that can be skewed."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from features.synthesize.calendar import CHUNK_ROWS, spans
from features.synthesize.traffic import Traffic
from tests.unit.features.synthesize.worlds import TRANSACTIONS, Delivered, a_plan, deliver


@pytest.fixture(scope="module")
def month() -> Delivered:
    """Synthesize a larger world."""
    return deliver(a_plan(customers=2500))


@pytest.fixture(scope="module")
def frame(month: Delivered) -> pd.DataFrame:
    """Return the rows of the month with their true labels."""
    frame = month.feed(TRANSACTIONS).merge(month.truth(), on="transaction_id")
    numbers = ["amount", "merchant_risk_score", "card_risk_score", "customer_risk_score"]
    frame[numbers] = frame[numbers].apply(pd.to_numeric)
    return frame


def test_about_one_percent_is_fraud_and_all_scenarios_happen(month: Delivered) -> None:
    counts = month.counts

    assert counts.fraud_rows / counts.rows == pytest.approx(0.01, abs=0.003)
    assert len(counts.frauds) == 4
    assert min(counts.frauds.values()) > 0.1 * counts.fraud_rows


def test_frauds_can_be_learnt_from_simple_columns_but_not_perfectly(frame: pd.DataFrame) -> None:
    labels = (frame.scenario != "none").to_numpy()
    matrix = pd.DataFrame({
        "amount": frame.amount,
        "risk": frame.merchant_risk_score,
        "type": frame.type.astype(int),
        "is_device_alert": frame.is_device_alert == "true",
        "is_location_alert": frame.is_location_alert == "true",
        "channel": frame.channel.astype("category").cat.codes,
        "category": frame.transaction_category.astype("category").cat.codes,
        "hour": frame.timestamp.str.slice(11, 13).astype(int),
    }).astype(float).to_numpy()  # fmt: skip
    past = (frame.occurred_at < frame.occurred_at.quantile(0.7)).to_numpy()

    model = HistGradientBoostingClassifier(max_iter=25, random_state=0)
    model.fit(matrix[past], labels[past])
    scores = model.predict_proba(matrix[~past])[:, 1]

    assert 0.7 < roc_auc_score(labels[~past], scores) < 0.98


def test_the_amounts_of_theft_and_of_habit_overlap(frame: pd.DataFrame) -> None:
    dollars = frame[frame.currency == "USD"]

    honest = dollars.amount[dollars.scenario == "none"]
    stolen = dollars.amount[dollars.scenario == "stolen_card"]
    assert honest.quantile(0.5) < stolen.quantile(0.5) < honest.quantile(0.99)


def test_a_velocity_attack_pays_several_times_in_the_same_instant(frame: pd.DataFrame) -> None:
    attacks = frame[frame.scenario == "velocity_attack"]

    peers = attacks.duplicated(["customer_id", "timestamp"], keep=False)
    assert 0.2 < peers.mean() < 0.8


def test_currencies_with_no_or_three_decimals_are_a_real_minority(month: Delivered) -> None:
    digits = month.feed(TRANSACTIONS).amount.str.partition(".")[2].str.len()

    assert 0.01 < (digits == 0).mean() < 0.15
    assert 0.001 < (digits == 3).mean() < 0.05


def test_people_pay_by_day_in_their_own_time_zone(frame: pd.DataFrame) -> None:
    london = frame[frame.location.str.startswith("GB-")]
    hour = pd.to_datetime(london.timestamp).dt.hour

    assert hour.between(9, 21).mean() > 0.7


def test_a_skewed_world_has_few_customers_and_merchants_with_many_rows() -> None:
    frame = deliver(a_plan(customers=1000, skew=True)).feed(TRANSACTIONS)

    for column, all_of_them in (("customer_id", 1000), ("merchant_id", 311)):
        largest = frame[column].value_counts().head(round(all_of_them / 100))
        assert largest.sum() / len(frame) == pytest.approx(0.32, abs=0.06)


@pytest.mark.parametrize("customers", [10, 50_000, 3_000_000, 100_000_000])
def test_a_span_expects_a_bounded_number_of_rows(customers: int) -> None:
    plan = a_plan(customers=customers)

    first = next(iter(spans(plan, plan.start, plan.end)))
    expected = 2 * plan.rows_per_day * (first.end - first.start) / 86_400_000

    assert expected <= 2.1 * CHUNK_ROWS or first.end - first.start == 60_000


def test_chunks_follow_each_other_and_stay_small() -> None:
    plan = a_plan(customers=60_000, rate=40.0)
    window = plan.windows()[0]
    traffic = Traffic(plan)

    chunks = traffic.within(window)
    first_chunks = [next(chunks) for _ in range(6)]

    assert all(a.span.end == b.span.start for a, b in itertools.pairwise(first_chunks))
    assert all(0 < len(chunk.rows) < 1.5 * CHUNK_ROWS for chunk in first_chunks)
    assert all(np.all(np.diff(chunk.rows.at) >= 0) for chunk in first_chunks)


def test_some_rows_are_refunds_reversals_and_checks(frame: pd.DataFrame, month: Delivered) -> None:
    shares = frame[frame.scenario == "none"].kind.value_counts(normalize=True)

    assert shares["refund"] == pytest.approx(0.015, abs=0.003)
    assert shares["reversal"] == pytest.approx(0.003, abs=0.001)
    assert shares["check"] == pytest.approx(0.004, abs=0.001)
    assert month.counts.kinds == frame.kind[frame.kind != "purchase"].value_counts().to_dict()


def test_only_checks_cost_nothing_and_thieves_try_cards_by_them(frame: pd.DataFrame) -> None:
    assert set(frame.kind[frame.amount == 0]) == {"check"}
    assert (frame.amount[frame.kind == "check"] == 0).all()
    tried = frame.kind[frame.scenario == "velocity_attack"] == "check"
    assert 0.2 < tried.mean() < 0.3
    assert set(frame.kind[frame.scenario == "stolen_card"]) == {"purchase"}
