"""Loan applications are decided, published, replayed, explained and closed like transactions."""

from __future__ import annotations

from dataclasses import replace

import psycopg

from scoring.commands.explain import text_of
from scoring.domains import SCORE_APPLICATIONS
from scoring.evidence.explain import explain
from tests.integration.scoring.lender import Lender, a_day_of_applications


def test_a_day_is_decided_published_replayed_and_closed(lender: Lender) -> None:
    lender.admit(a_day_of_applications())
    run = lender.decide()

    decided = {row[0]: row[1:] for row in lender.decided(
        "application_id, decision, credit_status, is_counter_offer, recommended_limit_minor, "
        "limit_binding, fraud_state, reasons"
    )}  # fmt: skip
    assert decided["good"] == ("approve", "ok", False, 1_200_000, "request", "no_history", [])
    assert decided["poor"][:2] == ("decline", "ok")
    assert decided["poor"][3] == 0
    assert {"late_payments", "debt_to_income"} <= {reason["code"] for reason in decided["poor"][6]}
    assert decided["thin"][0] == "review"
    assert decided["thin"][6][0]["code"] == "bureau_data_missing"
    assert decided["much"][:3] == ("approve", "ok", True)
    assert (decided["much"][3] % 10_000, decided["much"][4]) == (0, "affordability")
    assert decided["much"][6][0]["origin"] == "affordability"
    assert decided["rate"][:2] == ("review", "no_fx_rate")
    assert decided["rate"][3] is None
    assert run.rows_degraded == 1
    assert lender.closes() == []
    again = lender.replayed(with_features=True)
    assert (again.holds, again.replay.decisions) == (True, 5)


def test_analysts_read_responses_reasons_and_history(lender: Lender) -> None:
    lender.admit(a_day_of_applications())
    lender.decide()

    with lender.db.connect("analyst") as connection:
        served = connection.execute(
            "select recommended_amount, risk_score, probability, request_id is not null "
            "from serving.application_responses where application_id = 'good'"
        ).fetchone()
        reasons = connection.execute(
            "select place, reason_code, applicant_text from serving.application_reasons "
            "where application_id = 'thin'"
        ).fetchall()
        history = connection.execute(
            "select count(*), count(valid_until) from serving.application_decision_history"
        ).fetchone()

    assert served is not None
    assert served[0] == 12_000.0
    assert served[1] == 100 * served[2]
    assert served[3]
    assert reasons[0] == (1, "bureau_data_missing", "Unable to obtain your credit report")
    assert history == (5, 0)


def test_an_application_is_explained_to_a_person(lender: Lender) -> None:
    lender.admit(a_day_of_applications())
    lender.decide()
    explanation = explain(
        SCORE_APPLICATIONS, "applications/poor/0", lender.db.settings, lender.store
    )
    text = text_of(explanation)

    for word in (
        "DECLINE  application poor", "probability of default", "grade", "2026.12.1", "approved by",
        "credit_applications version 1", "replay --job score_applications poor", "late_payments",
    ):  # fmt: skip
        assert word in text
    assert any(feature.contribution for feature in explanation.features)


def test_without_a_model_every_application_is_reviewed(lender: Lender) -> None:
    name = {"name": "credit_applications", "version": "none", "sha256": ""}
    lender.pins = replace(lender.pins, models={"credit": name})
    lender.admit(a_day_of_applications()[:1])
    run = lender.decide()

    assert run.rows_degraded == 1
    (row,) = lender.decided("decision, credit_status, grade, confidence, reasons")
    assert row[:4] == ("review", "model_unavailable", None, "low")
    assert [reason["code"] for reason in row[4]] == ["model_unavailable"]
    assert lender.replayed().holds


def test_an_altered_request_is_found_by_the_replay(lender: Lender) -> None:
    lender.admit(a_day_of_applications()[:1])
    lender.decide()
    with psycopg.connect(lender.db.settings.warehouse.conninfo("transform")) as connection:
        connection.execute(
            "update marts.feat_applications set requested_amount_base_minor = 900000, "
            "requested_amount_minor = 900000"
        )
    again = lender.replayed()

    assert not again.holds
    assert "requested_amount_minor" in again.replay.differences[0].fields
