"""Delivered files hold the right rows, the right number of times, at the right moment."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
import pytest

from features.synthesize.faults import TEST_CARD
from tests.unit.features.synthesize.worlds import (
    LABELS,
    RATES,
    START,
    TRANSACTIONS,
    Delivered,
    a_plan,
    deliver,
    passes_luhn,
    window_of,
)  # fmt: skip


@pytest.fixture(scope="module")
def clean() -> Delivered:
    """Synthesize history and live days without faults."""
    return deliver(a_plan())


@pytest.fixture(scope="module")
def dirty() -> Delivered:
    """Synthesize a live day with many faults after one day of history."""
    live_from = START + timedelta(days=1)
    return deliver(
        a_plan(
            customers=1500, live_from=live_from, end=live_from + timedelta(days=1),
            late=0.05, duplicates=0.03, bad=0.04,
        )
    )  # fmt: skip


def _good(dirty: Delivered) -> pd.DataFrame:
    feed = dirty.feed(TRANSACTIONS)
    return feed[feed.transaction_id.isin(dirty.truth().index)]


def test_the_same_plan_writes_the_same_bytes(clean: Delivered) -> None:
    assert deliver(a_plan()).objects == clean.objects


def test_another_seed_writes_other_rows(clean: Delivered) -> None:
    other_seed = deliver(a_plan(seed=8))

    assert not set(other_seed.objects.values()) & set(clean.objects.values())


def test_a_longer_run_begins_with_the_same_files(clean: Delivered) -> None:
    longer = deliver(a_plan(end=clean.plan.end + timedelta(hours=3)))

    names = clean.names(TRANSACTIONS)
    assert all(longer.objects[name] == clean.objects[name] for name in names)


def test_every_row_lies_in_the_file_of_its_window(clean: Delivered) -> None:
    feed = clean.feed(TRANSACTIONS)

    for name, rows in feed.groupby("file"):
        start, end = window_of(str(name))
        at = pd.to_datetime(rows.timestamp)
        assert start <= at.min()
        assert at.max() < end
        assert at.is_monotonic_increasing


def test_history_and_live_files_lie_apart(clean: Delivered) -> None:
    for name in clean.names("landing/"):
        is_history = window_of(name)[1] <= clean.plan.live_from
        assert ("/history/" in name) == is_history


def test_files_hold_each_transaction_of_the_truth_once(clean: Delivered) -> None:
    ids = clean.feed(TRANSACTIONS).transaction_id

    assert ids.is_unique
    assert set(ids) == set(clean.truth().index)
    assert clean.counts.rows == len(ids) == clean.counts.history_rows + clean.counts.live_rows


def test_the_truth_never_lies_in_the_landing_area(clean: Delivered) -> None:
    landed = b"".join(clean.objects[name] for name in clean.names("landing/"))

    assert b"scenario" not in landed
    assert b"stolen" not in landed


def test_rows_come_late_twice_and_badly_at_the_chosen_rates(dirty: Delivered) -> None:
    rows = dirty.counts.live_rows

    assert rows > 3000
    assert dirty.counts.late / rows == pytest.approx(0.05, abs=0.015)
    assert dirty.counts.duplicates / rows == pytest.approx(0.03, abs=0.012)
    assert dirty.counts.bad_rows / rows == pytest.approx(0.04, abs=0.012)
    assert min(dirty.counts.bad.values()) > 0


def test_every_good_row_arrives_and_only_duplicates_arrive_twice(dirty: Delivered) -> None:
    truth = dirty.truth()

    arrivals = _good(dirty).transaction_id.value_counts()
    assert set(arrivals.index) == set(truth.index)
    twice = set(arrivals[arrivals == 2].index)
    assert twice == set(truth.index[truth.is_duplicate])
    assert arrivals.max() == 2


def test_a_duplicate_repeats_the_content_in_a_later_file(dirty: Delivered) -> None:
    good = _good(dirty)
    copies = good[good.transaction_id.duplicated(keep=False)]

    content = [name for name in copies.columns if name not in {"transaction_id", "file"}]
    per_id = copies.groupby("transaction_id")
    assert len(copies.drop_duplicates(["transaction_id", *content])) == len(per_id)
    assert (per_id.file.nunique() == 2).all()


def test_a_late_row_arrives_in_a_later_file_only(dirty: Delivered) -> None:
    good, truth = _good(dirty), dirty.truth()
    late = good[good.transaction_id.isin(truth.index[truth.is_late])]

    ends = late.file.map(lambda name: window_of(name)[0])
    assert len(late) == dirty.counts.late
    assert (pd.to_datetime(late.timestamp) < ends).all()


def test_history_stays_clean_by_default(dirty: Delivered) -> None:
    history = dirty.feed(TRANSACTIONS + "history/")

    assert set(history.transaction_id) <= set(dirty.truth().index)
    dirty_history = deliver(a_plan(bad=0.05, dirty_history=True, history_days=1))
    assert dirty_history.counts.bad_rows > 50


def test_every_bad_row_has_the_fault_it_is_counted_under(dirty: Delivered) -> None:
    feed = dirty.feed(TRANSACTIONS)
    bad = feed[~feed.transaction_id.isin(dirty.truth().index)]

    counts = {
        "unknown_currency": (bad.currency == "XQZ").sum(),
        "negative_amount": bad.amount.str.startswith("-").sum(),
        "not_a_number": (bad.amount == "NaN").sum(),
        "future_timestamp": bad.timestamp.str.startswith("2099").sum(),
        "missing_field": (bad.customer_id == "").sum(),
        "card_number": (bad.device_id == TEST_CARD).sum(),
        "oversized_id": (bad.transaction_id.str.len() > 10_000).sum(),
        "naive_timestamp": (~bad.timestamp.str.endswith("Z")).sum(),
    }
    assert counts == dirty.counts.bad


def test_no_text_of_a_good_row_passes_as_a_card_number(clean: Delivered) -> None:
    feed = clean.feed(TRANSACTIONS).drop(columns="file")

    runs = {run for name in feed for run in feed[name].str.extractall(r"(\d{13,19})")[0]}
    assert runs
    assert not any(passes_luhn(run) for run in runs)


def test_a_label_is_known_half_a_day_to_six_days_after_its_transaction(clean: Delivered) -> None:
    labels = clean.feed(LABELS).set_index("transaction_id")

    happened = clean.truth().occurred_at.loc[labels.index]
    delay = pd.to_datetime(labels.known_at) - happened
    assert len(labels) == clean.counts.labels > 20
    assert delay.min() >= timedelta(hours=12)
    assert delay.max() <= timedelta(days=6)


def test_a_label_file_holds_the_labels_that_became_known_in_its_window(clean: Delivered) -> None:
    for name in clean.names(LABELS):
        start, end = window_of(name)
        known = pd.to_datetime(clean.file(name).known_at)
        assert start <= known.min()
        assert known.max() < end <= clean.plan.end


def test_labels_are_true_except_for_a_little_noise(clean: Delivered) -> None:
    labels, truth, counts = clean.feed(LABELS), clean.truth(), clean.counts

    wrong = (truth.scenario.loc[labels.transaction_id] == "none").sum()
    frauds = (truth.scenario != "none").sum()
    assert wrong <= counts.false_alarms <= 0.1 * frauds
    reported = counts.labels + counts.labels_later - counts.false_alarms
    assert reported + counts.unreported == frauds == counts.fraud_rows


def test_each_day_has_its_rates_soon_after_midnight(clean: Delivered) -> None:
    rates = clean.feed(RATES)

    lag = pd.to_datetime(rates.known_at) - pd.to_datetime(rates.rate_date, utc=True)
    assert set(lag) == {timedelta(minutes=5)}
    assert not rates.duplicated(["currency", "rate_date"]).any()
    assert rates.rate_date.min() < START.date().isoformat()
    assert rates.rate_date.max() == clean.plan.live_from.date().isoformat()
    assert set(clean.feed(TRANSACTIONS).currency) <= set(rates.currency)


def test_a_run_without_history_still_knows_its_rates() -> None:
    live_only = deliver(a_plan(live_from=START, end=START + timedelta(hours=2)))

    assert live_only.names(RATES + "history/")
    assert live_only.counts.history_rows == 0
    assert live_only.counts.live_rows > 0


def test_a_live_day_that_begins_at_noon_closes_at_midnight() -> None:
    noon = datetime.combine(START.date(), datetime.min.time(), START.tzinfo) + timedelta(hours=12)

    run = deliver(a_plan(customers=3000, live_from=noon, end=noon + timedelta(hours=20)))

    ends = {window_of(name)[1] for name in run.names(LABELS) if "/history/" not in name}
    assert ends <= {noon + timedelta(hours=12), noon + timedelta(hours=20)}
