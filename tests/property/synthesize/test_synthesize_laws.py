"""The generator keeps its laws for any small plan."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.synthesize import Plan
from tests.unit.features.synthesize.worlds import (
    LABELS,
    START,
    TRANSACTIONS,
    Delivered,
    deliver,
    passes_luhn,
    window_of,
)  # fmt: skip


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a plan of at most some hundred rows."""
    start = START + timedelta(hours=draw(st.integers(0, 48)))
    history, live = draw(st.integers(0, 72)), draw(st.integers(0, 30))
    shares: dict[str, Any] = {
        name: draw(st.sampled_from([0.0, 0.1, 0.5])) for name in ("late", "duplicates", "bad")
    }
    return Plan(
        seed=draw(st.integers(0, 2**63)),
        customers=draw(st.integers(1, 60)),
        start=start,
        live_from=start + timedelta(hours=history),
        end=start + timedelta(hours=max(history + live, 1)),
        rate=draw(st.sampled_from([0.1, 3.0, 20.0])),
        fraud_rate=draw(st.sampled_from([0.0, 0.01, 0.2])),
        dirty_history=draw(st.booleans()),
        skew=draw(st.booleans()),
        history_days=draw(st.integers(1, 3)),
        **shares,
    )


def _arrivals(run: Delivered) -> pd.DataFrame:
    names = run.names(TRANSACTIONS)
    files = [run.file(name).assign(file=name) for name in names]
    return pd.concat(files) if files else pd.DataFrame({"transaction_id": [], "file": []})


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plans())
def test_delivered_rows_are_good_repeated_or_bad_rows(plan: Plan) -> None:
    run = deliver(plan)
    arrivals, truth, counts = _arrivals(run), run.truth(), run.counts

    good = arrivals[arrivals.transaction_id.isin(truth.index)]
    assert len(arrivals) == counts.rows + counts.duplicates + counts.bad_rows
    assert len(good) == len(truth) + truth.is_duplicate.sum()
    assert set(good.transaction_id) == set(truth.index)
    assert truth.index.is_unique
    assert not any(passes_luhn(text) for text in truth.index)
    on_time = good[~good.transaction_id.isin(truth.index[truth.is_late | truth.is_duplicate])]
    for name, rows in on_time.groupby("file"):
        start, end = window_of(str(name))
        at = pd.to_datetime(rows.timestamp)
        assert start <= at.min()
        assert at.max() < end


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plans())
def test_no_label_comes_before_its_transaction_or_after_the_end(plan: Plan) -> None:
    run = deliver(plan)
    truth = run.truth()

    for name in run.names(LABELS):
        labels = run.file(name)
        known = pd.to_datetime(labels.known_at)
        happened = truth.occurred_at.loc[labels.transaction_id].reset_index(drop=True)
        assert (known >= happened + timedelta(hours=12)).all()
        assert known.max() < plan.end
