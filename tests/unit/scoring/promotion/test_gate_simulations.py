"""The simulated worlds hold the truth that the gate is measured against."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.platform.settings import Settings
from scoring.models import gate_plan
from scoring.models.evaluation import auc_roc, calibration_slope
from scoring.models.gate_plan import Verdict
from scoring.promotion.auc_difference import auc_difference
from scoring.promotion.quality import power, protocol, worlds
from scoring.promotion.quality.power import Gate, Setting
from scoring.promotion.quality.worlds import LOANS, PAYMENTS, Market, World
from tests.gates import PLAN

SMALL = replace(PAYMENTS, rows=4_000, customers=1_000)


@pytest.mark.parametrize(
    ("market", "weeks"), [(PAYMENTS, 6), (LOANS, 26)], ids=["payments", "loans"]
)
def test_both_models_of_a_world_are_calibrated_and_have_the_stated_auc(
    market: Market, weeks: int
) -> None:
    rows = worlds.make(World(market, gain=0.03, weeks=weeks, seed=1))

    assert auc_roc(rows.is_event, rows.champion) == pytest.approx(market.auc, abs=0.01)
    assert auc_roc(rows.is_event, rows.challenger) == pytest.approx(market.auc + 0.03, abs=0.01)
    assert calibration_slope(rows.is_event, rows.challenger) == pytest.approx(1, abs=0.05)
    assert rows.is_event.mean() == pytest.approx(market.share)


def test_nineteen_of_twenty_intervals_hold_the_true_difference_of_clustered_rows() -> None:
    alpha, held = 0.025, []
    for seed in range(120):
        rows = worlds.make(World(SMALL, gain=0.0, weeks=1, seed=seed))
        scores = (rows.champion, rows.challenger)
        estimate = auc_difference(rows.is_event, scores, rows.cluster, alpha)
        held.append(estimate.lower <= 0 <= estimate.upper)

    assert 0.89 <= np.mean(held) <= 0.995


def test_independent_rows_would_understate_the_error_of_bursts() -> None:
    rows = worlds.make(World(PAYMENTS, gain=0.0, weeks=1, seed=1))
    scores = (rows.champion, rows.challenger)

    clustered = auc_difference(rows.is_event, scores, rows.cluster, 0.05)
    independent = auc_difference(rows.is_event, scores, np.arange(len(rows)), 0.05)

    assert clustered.standard_error > 1.2 * independent.standard_error
    assert clustered.standard_error == pytest.approx(0.009, abs=0.002)


def test_a_measurement_tries_every_length_and_gain_and_the_shipped_one_most() -> None:
    gate = Gate(Verdict.BETTER, Verdict.BETTER, 0.01)

    settings = protocol.measure(PLAN, SMALL, (1, 3), lambda drawn: [gate for _ in drawn])

    assert [(each.gain, each.weeks, len(each.gates)) for each in settings] == [
        (gain, weeks, 3 if (gain, weeks) == (0.0, 4) else 1)
        for gain in power.GAINS
        for weeks in protocol.WEEKS
    ]


def test_the_bars_are_those_of_the_shipped_length() -> None:
    def setting(gain: float, *found: Verdict) -> Setting:
        return Setting("m", gain, 4, tuple(Gate(each, each, 0.01) for each in found))

    tell, better, worse = Verdict.CANNOT_TELL, Verdict.BETTER, Verdict.WORSE
    settings = [setting(0.0, tell, better), setting(0.03, better), setting(-0.03, worse, tell)]

    checks = power.checks({(each.gain, each.weeks): each for each in settings}, 4, "")

    assert [(check.name, check.value, check.holds) for check in checks] == [
        ("gate.false_better_rate", 0.5, False),
        ("gate.stopped_worse_rate", 0.5, False),
        ("gate.passed_better_rate", 1.0, True),
        ("gate.cannot_tell_rate", 0.5, False),
    ]


def test_a_simulated_gate_tells_a_far_worse_challenger() -> None:
    gate = power.gate(power.simulated(PLAN), World(SMALL, gain=-0.1, weeks=2, seed=1))

    assert gate.verdict == Verdict.WORSE


def test_a_measurement_without_data_reports_the_rates_of_both_plans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(protocol, "GATES", (1, 1))
    monkeypatch.setattr(protocol, "WEEKS", (2,))

    status = protocol.run(Settings(home=tmp_path))

    report = json.loads((tmp_path / ".local/reports/quality.json").read_text())
    names = [check["name"] for check in report["checks"]]
    assert names[:2] == ["gate.false_better_rate", "gate.stopped_worse_rate"]
    assert len(names) == 8
    assert status == (not all(check["holds"] for check in report["checks"]))
    assert "AUC alone cannot tell" in capsys.readouterr().out


def test_every_shipped_plan_is_measured() -> None:
    assert set(protocol.MARKETS) == {path.stem for path in gate_plan.FOLDER.glob("*.yaml")}
