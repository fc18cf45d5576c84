"""A run's rows become ledger rows: segment, distances, state and the reason of a move."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from features.platform.settings import Settings
from features.views import CUSTOMER_NIGHTS
from scoring.segments import fitting
from scoring.segments.decider import SegmentDecider, decider_of
from scoring.segments.inputs import INPUT_TYPES
from scoring.segments.job import JOB
from scoring.segments.model import POOLED, SegmentModel
from tests.unit.scoring.segments.customers import drawn

GOOD, SILENT = [5.0, 20.0, 4_000.0], [300.0, 1.0, 60.0]


@dataclass(frozen=True)
class FakeRun:
    """The part of a run that a decider reads."""

    run_id: str = "r"
    feature_view: str = CUSTOMER_NIGHTS.qualified
    policy_version: str = "2026.12.1"
    models: dict[str, dict[str, str]] = field(
        default_factory=lambda: {"segments": {"version": "2", "name": JOB.model.name}}
    )


@pytest.fixture(scope="module")
def model() -> SegmentModel:
    groups = {"m1": drawn(300), "m2": drawn(300, seed=7)}
    return fitting.fit_all(groups, "2026-10-31", resamples=2)[0]


@pytest.fixture(scope="module")
def decider(model: SegmentModel) -> SegmentDecider:
    return decider_of(FakeRun(), model, Settings(test=True))  # type: ignore[arg-type]


def rows(*customers: dict[str, Any]) -> pa.Table:
    """Return rows of a run with the given columns; a customer is good and new by default."""
    values = dict(zip(("recency_days", "frequency", "monetary"), GOOD, strict=True))
    usual = {
        **dict.fromkeys(CUSTOMER_NIGHTS.columns, 0.0),
        **values,
        "customer_night_id": "m1/c1/2026-11-01",
        "version": 1,
        "merchant_id": "m1",
        "customer_id": "c1",
        "day_at": 1_793_491_200_000_000,
        "revision": 0,
        "feature_sha256": "ab" * 32,
        "previous_segment": None,
        "previous_nights_off": None,
        "previous_model_version": None,
        "had_segment": False,
    }
    table = [usual | customer for customer in customers]
    return pa.table(
        {name: pa.array([row[name] for row in table], kind) for name, kind in INPUT_TYPES.items()}
    )


def after(decider: SegmentDecider, **customer: Any) -> dict[str, Any]:
    [row] = decider.decide(rows(customer)).to_pylist()
    return row


def at(values: list[float]) -> dict[str, float]:
    return dict(zip(("recency_days", "frequency", "monetary"), values, strict=True))


def test_a_row_has_the_columns_of_the_ledger(decider: SegmentDecider) -> None:
    row = after(decider)

    assert set(row) == set(JOB.columns) - {"decided_at", "processing_time_ms"}


def test_a_new_customer_has_the_nearest_segment_and_its_name(
    decider: SegmentDecider, model: SegmentModel
) -> None:
    row = after(decider)

    assert (row["segment"], row["segment_name"]) == ("s1", model.part("m1").names[0])
    assert row["nearest"] == "s1"
    assert row["move_reason"] == "new"
    assert 0 < row["own_distance"] < row["runner_up_distance"]
    assert not row["is_degraded"]


def test_each_merchant_has_its_own_segments(decider: SegmentDecider) -> None:
    one, two, unknown = decider.decide(
        rows({"merchant_id": "m1"}, {"merchant_id": "m2"}, {"merchant_id": "m3"})
    )["own_distance"].to_pylist()

    assert len({one, two, unknown}) == 3


def test_a_customer_who_buys_after_a_year_of_silence_leaves_the_inactive_segment_at_once(
    decider: SegmentDecider,
) -> None:
    silent = after(decider, **at([364.0, 1.0, 60.0]))
    state = {
        "previous_segment": silent["segment"],
        "previous_nights_off": 0,
        "previous_model_version": "2",
        "had_segment": True,
    }

    buyer = after(decider, **at([0.0, 2.0, 120.0]), **state)

    assert "inactive" in silent["segment_name"]
    assert buyer["segment"] != silent["segment"]
    assert buyer["move_reason"] == "purchase"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"previous_segment": "s1", "previous_model_version": "2"}, None),
        ({"previous_segment": "s4", "previous_model_version": "1"}, "refit"),
        ({"previous_segment": "s4", "previous_model_version": "2"}, "ageing"),
        ({}, "returned"),
    ],
)
def test_a_move_has_a_reason(
    decider: SegmentDecider, state: dict[str, str], reason: str | None
) -> None:
    row = after(decider, previous_nights_off=2, had_segment=True, **state)

    assert row["segment"] == "s1"
    assert row["move_reason"] == reason


def test_the_state_of_the_night_before_is_kept_in_the_row(decider: SegmentDecider) -> None:
    state = {
        "previous_segment": "s2",
        "previous_nights_off": 1,
        "previous_model_version": "1",
        "had_segment": True,
    }

    row = after(decider, **state)

    assert {name: row[name] for name in state} == state


def test_a_row_is_decided_again_from_its_own_state(decider: SegmentDecider) -> None:
    table = rows(at(GOOD), at(SILENT) | {"previous_segment": "s1", "had_segment": True})
    first = decider.decide(table)

    again = decider.decide_again(table, first.select(["segment_status"]))

    assert again.equals(first)


def test_without_the_model_a_customer_keeps_the_state_and_has_a_status() -> None:
    decider = decider_of(FakeRun(), None, Settings(test=True))  # type: ignore[arg-type]

    row = after(decider, previous_segment="s2", previous_nights_off=2, had_segment=True)

    assert row["segment_status"] == "model_unavailable"
    assert [row[name] for name in ("segment", "segment_name", "own_distance", "move_reason")] == [
        None
    ] * 4
    assert (row["previous_segment"], row["nights_off"]) == ("s2", 2)
    assert row["is_degraded"]


def test_a_person_reads_what_would_move_the_customer(decider: SegmentDecider) -> None:
    good, silent = (decider.lines(rows(at(values))) for values in (GOOD, SILENT))

    assert any("more days without a purchase" in line for line in good)
    assert any("more purchase days" in line for line in silent)
    assert all(": s1," not in line for line in good)


def test_the_summary_says_where_the_customer_is_and_why(decider: SegmentDecider) -> None:
    assert JOB.summary is not None
    new = JOB.summary(after(decider))
    moved = JOB.summary(after(decider, previous_segment="s4", had_segment=True))
    stays = JOB.summary(after(decider, previous_segment="s1", had_segment=True))

    assert new.startswith("segment s1, ")
    assert "is new" in new
    assert "moved from s4" in moved
    assert "stays, 0 nights off" in stays


def test_an_unscored_row_says_its_status() -> None:
    assert JOB.summary is not None
    assert (
        JOB.summary({"segment": None, "segment_status": "model_failed"})
        == "no segment (model_failed)"
    )


def test_the_pooled_segments_are_the_first(model: SegmentModel) -> None:
    assert model.merchants_[0] == POOLED
    assert np.isfinite(model.predict(np.array([GOOD]))).all()
