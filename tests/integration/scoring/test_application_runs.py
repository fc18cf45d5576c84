"""Runs of the nightly job are repeated, killed, concurrent, empty, or for one application."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import psycopg
import pytest

from features.ingest.run import ingest_all
from features.platform import failpoints
from features.platform import settings as configuration
from features.platform.errors import ConfigurationError, ContractError, FencedError
from features.sources import descriptions
from orchestration import cases
from scoring.decision.policy import activations
from scoring.domains import SCORE_APPLICATIONS
from scoring.runs import gaps, lifecycle
from scoring.runs.request import Kind, Request
from scoring.steps.pipeline import Pipeline
from tests.integration.scoring.lender import DAY, MIDNIGHT, Lender, a_day_of_applications


def test_a_second_run_of_a_day_has_no_effect(lender: Lender) -> None:
    lender.admit(a_day_of_applications())
    first = lender.decide()
    decided = lender.decided("application_id, run_id, decided_at")
    again = lender.decide(requested_by="manual__2", kind="manual")

    assert again.run_id == first.run_id
    assert lender.decided("application_id, run_id, decided_at") == decided


def test_an_attempt_that_is_overtaken_during_its_copy_writes_no_row(lender: Lender) -> None:
    lender.admit(a_day_of_applications())
    run = lender.claim()
    lender.build()
    failpoints.on_reach("mid_copy", lambda: lender.score(run.run_id))
    with pytest.raises(FencedError, match="attempt 1 at score"):
        lender.score(run.run_id)
    lender.publish(run.run_id)

    assert len(lender.decided("application_id")) == 5
    assert lender.closes() == []


def test_two_concurrent_runs_take_turns_and_share_no_application(lender: Lender) -> None:
    lender.admit(a_day_of_applications()[:1])
    open_run = lender.claim()
    with pytest.raises(lifecycle.RunOpenError, match=str(open_run.run_id)):
        lender.claim(requested_by="manual__2", kind="manual")
    # a run that died without a trace is marked failed, and the day is claimed again
    with lender.connect() as connection:
        assert lifecycle.fail(connection, open_run.run_id, "its worker was killed")
    lender.decide(requested_by="manual__2", kind="manual")

    assert lender.decided("application_id") == [("good",)]
    assert lender.closes() == []


def test_a_day_without_applications_is_published_empty(lender: Lender) -> None:
    run = lender.decide()

    assert (run.state, run.rows_claimed) == ("published", 0)
    assert lender.decided("application_id") == []
    assert lender.closes() == []


def test_a_case_is_decided_before_its_day_and_only_once(lender: Lender) -> None:
    lender.admit(a_day_of_applications()[:2])
    case = {"kind": "case", "requested_by": "manual__1", "restated_ids": ("good",)}
    first = lender.decide(**case)

    assert first.rows_claimed == 1
    assert lender.decided("application_id, decision") == [("good", "approve")]
    assert lender.claim(**case).run_id == first.run_id
    with pytest.raises(ContractError, match="only 0 can be decided"):
        lender.claim(**case | {"requested_by": "manual__2"})
    with lender.connect() as connection:
        windows = gaps.undecided(connection, SCORE_APPLICATIONS, MIDNIGHT + DAY)
    assert [(gap.start, gap.rows_pending) for gap in windows] == [(MIDNIGHT, 1)]
    lender.decide()
    assert lender.decided("application_id") == [("good",), ("poor",)]
    assert lender.closes() == []


def test_one_application_from_the_form_takes_the_same_path(
    lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = lender.db.settings
    monkeypatch.setattr(configuration, "get_settings", lambda: settings)
    form = {
        "application_id": "case-1", "customer_id": "c9", "loan_amnt": 5000, "currency": "USD",
        "term": "36 months", "purpose": "car", "annual_inc": 60000, "emp_length": "5 years",
        "home_ownership": "RENT", "dti": 12.5, "revol_util": 40.0, "inq_last_6mths": 0,
        "delinq_2yrs": 0, "pub_rec": 0,
    }  # fmt: skip
    asked_by = SimpleNamespace(
        run_after=datetime(2026, 11, 21, 10, 25, tzinfo=UTC), run_type="manual", run_id="manual__7"
    )
    context = {"params": {"application": form}, "dag_run": asked_by}
    assert cases.deliver(context)
    with psycopg.connect(settings.warehouse.conninfo("ingest"), autocommit=True) as connection:
        held, admitted = ingest_all(
            descriptions.load(settings.sources), lender.store, connection, base_currency="USD"
        )
    assert [receipt.rows_admitted for receipt in admitted] == [1], held
    request = cases.request(context)
    with lender.connect() as connection:
        run = lifecycle.claim(connection, SCORE_APPLICATIONS, request, lender.pins)
    lender.build()
    lender.score(run.run_id)
    lender.publish(run.run_id)

    assert lender.decided("application_id, decision, recommended_limit_minor") == [
        ("case-1", "approve", 500_000)
    ]
    assert lender.closes() == []
    assert lender.replayed(with_features=True).holds


def test_a_policy_without_a_credit_part_is_refused_at_the_claim(
    lender: Lender,
) -> None:
    lender.admit(a_day_of_applications())
    with lender.connect() as connection:
        activations.activate(connection, "2026.11.1", author="ann", approver="ben", reason="back")
    pipeline = Pipeline(lender.job, lender.db.settings)  # pins the policy in force

    with pytest.raises(ConfigurationError, match="decides no applications"):
        pipeline.claim(Request(MIDNIGHT, MIDNIGHT + DAY, Kind.MANUAL, "ann"))

    assert lender.db.rows("select from decisions.runs where job = 'score_applications'") == []
