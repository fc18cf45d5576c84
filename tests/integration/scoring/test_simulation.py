"""A policy is tried on past decisions: the policy in force changes nothing, and no row is lost."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from features.platform.errors import ConfigurationError, ContractError, ModelUnavailableError
from features.views import TRANSACTIONS
from infra.local.postgres import Cluster
from scoring.decider import PolicyDecider
from scoring.decision.policy import policy as policies
from scoring.decision.policy.policy import Policy
from scoring.domains import decider_for_replay
from scoring.evidence import decided_rows
from scoring.evidence.replay import Selection, _select
from scoring.models import registry_versions
from scoring.runs import record
from scoring.runs.pins import ModelPin
from scoring.simulation.order import Order, candidate, model_pin
from scoring.simulation.report import Report
from scoring.simulation.run import simulate
from tests.builders import NOON, a_label, a_transaction, insert_labels
from tests.integration.scoring.conftest import HOUR, POLICY, Bench, a_fraud_model
from tests.integration.scoring.copies import a_copy, decided_once
from tests.integration.scoring.lender import DAY, MIDNIGHT, Lender, a_day_of_applications
from tests.integration.scoring.test_replay import an_hour, another_model

WINDOW = (NOON, NOON + DAY)
OF_RECORD = policies.FOLDER / f"{POLICY}.yaml"


@pytest.fixture(scope="module")
def standing(
    cluster: Cluster,
    built_template: str,
    model_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Bench]:
    """A warehouse with an hour of forty decisions."""
    folder = tmp_path_factory.mktemp("simulated")
    with decided_once(cluster, built_template, folder, model_file, an_hour(40)) as bench:
        yield bench


@pytest.fixture
def decided(standing: Bench, cluster: Cluster, tmp_path: Path) -> Iterator[Bench]:
    """A copy of the warehouse."""
    with a_copy(cluster, standing, tmp_path) as bench:
        yield bench


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Policy]:
    """Write a draft, changed from the policy of record, into a folder of this test."""

    def write(*changes: tuple[str, str]) -> Policy:
        return candidate(str(_draft(tmp_path, OF_RECORD, changes)))

    return write


def _draft(folder: Path, source: Path, changes: tuple[tuple[str, str], ...]) -> Path:
    text = source.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "draft.yaml"
    path.write_text(text)
    return path


def simulated(
    bench: Bench, policy: Policy, window: tuple[datetime, datetime] = WINDOW, **options: Any
) -> Report:
    """Simulate a policy on the bench's warehouse, and compare every row with its record."""
    pin = options.pop("pin", None)
    order = Order(bench.job, policy, window, pin)
    return simulate(order, bench.db.settings, bench.store, **({"every_row": True} | options))


def flow(report: Report) -> Counter[tuple[str, str]]:
    """Return the cells that hold rows."""
    return Counter({(c.before, c.after): c.rows for c in report.cells if c.rows})


def assert_equals_the_record(report: Report, rows: int) -> None:
    """Outcome, limit, hits and reasons of each row have the bits of the ledger."""
    assert (report.rows, report.decisions, report.moved, report.own_differing) == (rows, rows, 0, 0)
    assert report.reasons is not None
    assert (report.reasons.explained, report.reasons.differing) == (rows, 0)
    assert report.reasons.changes == ()
    assert report.limits_changed in (None, 0)


def test_the_policy_in_force_equals_every_stored_decision(standing: Bench) -> None:
    report = simulated(standing, policies.load(POLICY))

    assert_equals_the_record(report, 40)
    assert len(flow(report)) > 1


def test_it_equals_every_decision_across_models_degraded_rows_and_restatements(
    decided: Bench, tmp_path: Path
) -> None:
    other = another_model(decided, tmp_path)
    decided.pins = replace(decided.pins, models={"fraud": asdict(other)})
    no_rate = a_transaction(
        transaction_id="rate", occurred_at=NOON + HOUR, currency_code="CHF", amount_base_minor=None
    )
    decided.admit([no_rate, a_transaction(transaction_id="u", occurred_at=NOON + HOUR)])
    decided.decide(NOON + HOUR)
    decided.decide(kind="restate", requested_by="ann", reason="model", restated_ids=("t3", "t30"))

    assert_equals_the_record(simulated(decided, policies.load(POLICY)), 42)


def test_rows_on_a_list_come_out_as_they_were_decided(
    decided: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in policies.FOLDER.glob("*.yaml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    listed = (
        "allow_list: []",
        'allow_list: [{customer_id: "c1", until: 2026-12-31T00:00:00Z, reason: Phone}]',
    )
    text = OF_RECORD.read_text().replace(f'"{POLICY}"', '"9"').replace(*listed)
    (tmp_path / "9.yaml").write_text(text)
    monkeypatch.setattr(policies, "load", partial(policies.load, folder=tmp_path))
    later = policies.load("9")
    decided.pins = replace(decided.pins, policy_version="9", policy_sha256=later.sha256)
    decided.admit(
        [
            row | {"transaction_id": f"l{n}", "occurred_at": NOON + HOUR, "known_at": NOON + HOUR}
            for n, row in enumerate(an_hour(40))
        ]
    )
    decided.decide(NOON + HOUR)
    # both policies in one window: each row by its own comes out as it was decided
    both = simulated(decided, later)
    its_own = simulated(decided, later, (NOON + HOUR, NOON + 2 * HOUR))

    assert_equals_the_record(its_own, 40)
    assert both.own_differing == 0
    assert dict(both.own_policies) == {POLICY: 40, "9": 40}
    assert {(c.before, c.after) for c in both.cells if c.rows and c.is_moved} == {
        ("review", "approve"),
        ("decline", "approve"),
    }


def test_a_degraded_run_comes_out_as_it_was_decided(bench: Bench) -> None:
    without = {"name": "fraud_transactions", "version": "none", "sha256": ""}
    bench.pins = replace(bench.pins, models={"fraud": without})
    bench.admit(an_hour(15))
    bench.decide()

    assert_equals_the_record(simulated(bench, policies.load(POLICY)), 15)


def test_applications_come_out_as_they_were_decided_limits_included(
    lender: Lender, tmp_path: Path
) -> None:
    lender.admit(a_day_of_applications())
    lender.decide()
    window = (MIDNIGHT, MIDNIGHT + DAY)

    same = simulated(lender, policies.load("2026.12.1"), window)
    smaller = _draft(
        tmp_path,
        policies.FOLDER / "2026.12.1.yaml",
        (("debt_service_cap: 0.40", "debt_service_cap: 0.15"),),
    )
    tighter = simulated(lender, candidate(str(smaller)), window)

    assert_equals_the_record(same, 5)
    assert tighter.limits_changed
    assert tighter.stricter == tighter.moved
    assert tighter.own_differing == 0


def test_a_stricter_threshold_moves_only_towards_stricter(
    standing: Bench, write: Callable[..., Policy]
) -> None:
    before = standing.db.rows("select run_id, seal, parquet from decisions.runs")

    report = simulated(standing, write(("review: 0.20", "review: 0.01")))
    milder = simulated(standing, write(("decline: 0.80", "decline: 1.0")))

    assert 0 < report.moved == report.stricter
    assert milder.stricter == 0 < milder.moved
    assert report.reasons is not None
    assert any(change.appears for change in report.reasons.changes)
    assert standing.db.rows("select run_id, seal, parquet from decisions.runs") == before


THRESHOLDS = st.tuples(
    st.sampled_from(["0.001", "0.05", "0.4", "0.7"]),
    st.sampled_from(["0.71", "0.9", "1"]),
    st.sampled_from(["0.5", "0.9", "1"]),
    st.sampled_from(["amount > 60", "amount < 40 and local_hour >= 12", "customer_id = 'c1'"]),
    st.sampled_from(["review", "decline"]),
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(drawn=THRESHOLDS)
def test_a_drawn_policy_flows_as_the_decider_of_a_run_decides(
    standing: Bench, write: Callable[..., Policy], drawn: tuple[str, ...]
) -> None:
    review, decline, anomaly, when, outcome = drawn
    drawn_policy = write(
        ("review: 0.20", f"review: {review}"),
        ("decline: 0.80", f"decline: {decline}"),
        ("anomaly_review: 0.999", f"anomaly_review: {anomaly}"),
        (
            "    outcome: review\n    when: customer_transaction_count_3h >= 15",
            f'    outcome: {outcome}\n    when: "{when}"',
        ),
    )

    report = simulated(standing, drawn_policy, every_row=False)

    assert flow(report) == _by_the_steps_of_a_run(standing, drawn_policy)


def _by_the_steps_of_a_run(bench: Bench, policy: Policy) -> Counter[tuple[str, str]]:
    """Score every row by the model of its run, and decide it with all columns and reasons."""
    with bench.connect() as connection:
        _select(connection, bench.job, Selection())
        rows = decided_rows.read(connection, bench.job, "replayed", sql.SQL("true"))
        (run_id,) = bench.db.rows("select run_id from decisions.runs")[0]
        run = record.load(connection, run_id)
    decider = decider_for_replay(bench.job, run, bench.db.settings, bench.store)
    assert isinstance(decider, PolicyDecider)
    again = decider.under(policy).decide(rows.select(list(bench.job.decides().input_types)))
    before = dict(
        bench.db.rows("select transaction_id, decision from decisions.transaction_decisions")
    )
    return Counter(
        (before[key], after)
        for key, after in zip(
            again["transaction_id"].to_pylist(), again["decision"].to_pylist(), strict=True
        )
    )


def test_another_model_splits_the_flow_into_policy_and_model(
    decided: Bench, tmp_path: Path, write: Callable[..., Policy]
) -> None:
    pin = another_model(decided, tmp_path)

    report = simulated(decided, write(("review: 0.20", "review: 0.05")), pin=pin, every_row=False)

    stored, policy, model, both = report.corners
    assert (stored.moved, report.model_version) == (0, "2")
    assert {corner.approve + corner.review + corner.decline for corner in report.corners} == {40}
    assert policy.moved == simulated(decided, write(("review: 0.20", "review: 0.05"))).moved
    assert model.moved == simulated(decided, policies.load(POLICY), pin=pin, every_row=False).moved
    assert both.moved == report.moved
    assert report.own_differing == 0


def test_labels_of_matured_rows_are_counted_and_declined_rows_are_not_observable(
    decided: Bench, write: Callable[..., Policy]
) -> None:
    insert_labels(decided.db, [a_label(f"t{number}", NOON + 60 * DAY) for number in range(4, 40)])
    strict = write(("review: 0.20", "review: 0.001"))

    report = simulated(decided, strict)

    cells = {(cell.before, cell.after): cell for cell in report.cells}
    assert cells["decline", "decline"].why_not == "not observable"
    assert cells["decline", "decline"].observed == 0
    assert sum(cell.observed for cell in report.cells) == sum(
        cell.rows for cell in report.cells if cell.before != "decline"
    )
    assert sum(cell.bad for cell in report.cells) > 0


def test_a_window_without_decisions_is_a_simulation_of_zero_rows(standing: Bench) -> None:
    report = simulated(standing, policies.load(POLICY), (NOON + DAY, NOON + 2 * DAY))

    assert (report.rows, report.moved, report.reasons) == (0, 0, None)


def test_an_altered_record_is_named_and_not_explained_away(
    decided: Bench,
) -> None:
    with decided.db.superuser() as connection:
        connection.execute(
            "update decisions.transaction_decisions set fraud_probability = 0.0001 "
            "where decision = 'decline'"
        )

    assert simulated(decided, policies.load(POLICY), every_row=False).own_differing > 0


def test_a_policy_file_with_errors_names_line_and_key(tmp_path: Path) -> None:
    path = _draft(tmp_path, OF_RECORD, (("decline: 0.80", "decline: yes"),))

    with pytest.raises(ConfigurationError, match=r"draft\.yaml.*fraud\.decline"):
        candidate(str(path))
    with pytest.raises(ConfigurationError, match="there is no policy file"):
        candidate(str(tmp_path / "absent.yaml"))


def test_a_policy_without_a_credit_part_is_refused_for_applications(lender: Lender) -> None:
    with pytest.raises(ConfigurationError, match="decides no applications"):
        simulated(lender, policies.load(POLICY), (MIDNIGHT, MIDNIGHT + DAY))


def test_an_altered_model_file_is_refused(decided: Bench, tmp_path: Path) -> None:
    pin = another_model(decided, tmp_path)
    decided.store.put(pin.object_name, b"no model")

    with pytest.raises(ModelUnavailableError, match="altered"):
        simulated(decided, policies.load(POLICY), pin=pin)


def test_a_model_of_another_feature_view_is_refused(decided: Bench, tmp_path: Path) -> None:
    other = SimpleNamespace(
        columns=(*TRANSACTIONS.columns, "colour_of_shoes"), label_free=TRANSACTIONS.label_free
    )
    path = a_fraud_model(tmp_path, seed=6, is_fraud=lambda amount: amount > 60, view=other)  # type: ignore[arg-type]
    pin = ModelPin("fraud_transactions", "3", hashlib.sha256(path.read_bytes()).hexdigest(), "", "")
    decided.store.put(pin.object_name, path)

    with pytest.raises(ContractError, match="colour_of_shoes"):
        simulated(decided, policies.load(POLICY), pin=pin)


def test_an_unknown_model_version_names_the_versions_that_there_are(
    standing: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_versions, "find", lambda *_: None)

    with pytest.raises(ConfigurationError, match=r"no version 77; `vesper models inventory`"):
        model_pin(standing.job, "77", standing.db.settings, standing.store)


def test_a_customer_who_is_stopped_once_and_let_through_once_is_counted(
    standing: Bench, write: Callable[..., Policy]
) -> None:
    """Small transactions of c1 are declined now, and its large ones are approved."""
    turned = write(
        ("review: 0.20", "review: 0.998"),
        ("decline: 0.80", "decline: 0.999"),
        ("anomaly_review: 0.999", "anomaly_review: 1"),
        (
            "    outcome: review\n    when: customer_transaction_count_3h >= 15",
            "    outcome: decline\n    when: customer_id = 'c1' and amount < 40",
        ),
    )

    report = simulated(standing, turned, every_row=False)

    assert report.stricter
    assert report.moved > report.stricter
    assert report.flipped_both_ways == 1
