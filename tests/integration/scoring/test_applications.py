"""Loan applications through the same machinery: decided, published, replayed, explained, closed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psycopg
import pytest
import skops.io

from features import sources
from features.errors import ContractError
from features.ingest.run import ingest_all
from features.views import APPLICATIONS, Kind
from orchestration import cases
from scoring import closure, runs, windows
from scoring import settings as configuration
from scoring.credit.boosting import MonotoneBoosting
from scoring.credit.model import CreditModel
from scoring.decision import activations
from scoring.explain import explain
from scoring.explain_command import text_of
from scoring.jobs import SCORE_APPLICATIONS
from scoring.model_files import ModelPin
from scoring.replay import Selection
from scoring.verify import Verification, verify
from tests.builders import (
    NOON,
    a_label,
    a_transaction,
    an_application,
    insert_applications,
    insert_labels,
)
from tests.integration.scoring.conftest import HOUR, Bench

DAY = timedelta(days=1)
MIDNIGHT = NOON.replace(hour=0)
RISKY = {"debt_to_income_percent": 30.0, "delinquency_count_2y": 6}


class Lender(Bench):
    """The bench of applications, beside the one of payments in the same warehouse."""

    def admit(self, rows: Sequence[dict[str, Any]]) -> None:
        """Admit applications as one live delivery."""
        insert_applications(self.db, rows)

    def claim(
        self, start: datetime = MIDNIGHT, length: timedelta = DAY, **request: Any
    ) -> runs.Run:
        """Claim a day."""
        return super().claim(start, length, **request)

    def decide(self, start: datetime = MIDNIGHT, **request: Any) -> runs.Run:
        """Take one day through all its steps."""
        return super().decide(start, **request)

    def decided(self, columns: str) -> list[tuple[Any, ...]]:
        """Return the ledger, oldest revision first."""
        return self.db.rows(
            f"select {columns} from decisions.application_decisions "
            "order by application_id, revision"
        )

    def closes(self) -> list[str]:
        """Return the equations that do not hold."""
        with self.connect() as connection:
            found = closure.equations(connection, SCORE_APPLICATIONS, store=self.store)
        return [str(one) for one in found if not one.holds]

    def replayed(self, *, with_features: bool = False) -> Verification:
        """Decide everything again."""
        return verify(
            SCORE_APPLICATIONS,
            Selection(),
            self.db.settings,
            self.store,
            with_features=with_features,
        )


@pytest.fixture(scope="session")
def credit_model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model, really trained: debts and delinquencies are what loans fail of."""
    draw = np.random.default_rng(11)
    rows, names = 3_000, list(APPLICATIONS.columns)
    matrix = draw.gamma(2.0, 1.0, (rows, len(names)))
    for place, feature in enumerate(APPLICATIONS.features):
        if feature.kind is Kind.CATEGORY:
            matrix[:, place] = draw.integers(0, len(feature.levels), rows)
    debt = matrix[:, names.index("debt_to_income")] = draw.beta(2, 6, rows)
    late = matrix[:, names.index("delinquency_count_2y")] = draw.poisson(1.0, rows)
    risk = 6 * debt + 0.8 * late - 4.5
    is_bad = draw.random(rows) < 1 / (1 + np.exp(-risk))
    model = CreditModel(
        names,
        [feature.monotone for feature in APPLICATIONS.features],
        [list(feature.levels) for feature in APPLICATIONS.features],
        boosting=MonotoneBoosting(max_iter=30, min_samples_leaf=40),
    ).fit(matrix, is_bad)
    path = tmp_path_factory.mktemp("credit") / "model.skops"
    skops.io.dump(model, path)
    return path


@pytest.fixture
def lender(bench: Bench, credit_model_file: Path) -> Lender:
    """Applications beside payments, the policy that decides them approved."""
    digest = hashlib.sha256(credit_model_file.read_bytes()).hexdigest()
    pin = ModelPin("credit_applications", "1", digest, "", "")
    bench.store.put(pin.object_name, credit_model_file)
    with bench.connect() as connection:
        policy = activations.activate(
            connection, "2026.12.1", author="ann", approver="ben", reason="applications"
        )
    pins = replace(
        bench.pins,
        models={"credit": asdict(pin)},
        policy_version=policy.version,
        policy_sha256=policy.sha256,
        feature_view=APPLICATIONS.qualified,
    )
    return Lender(bench.db, bench.store, pins, SCORE_APPLICATIONS)


def a_day_of_applications() -> list[dict[str, Any]]:
    """A good one, a poor one, one without bureau data, one above its means, one without a rate."""
    nothing = ("revolving_utilisation_percent", "inquiry_count_6m", "delinquency_count_2y")
    return [
        an_application(application_id="good", customer_id="g"),
        an_application(application_id="poor", customer_id="p", **RISKY),
        an_application(application_id="thin", customer_id="t", **dict.fromkeys(nothing)),
        an_application(
            application_id="much",
            customer_id="m",
            annual_income_minor=1_200_000,
            annual_income_base_minor=1_200_000,
        ),
        an_application(
            application_id="rate",
            customer_id="r",
            currency_code="CHF",
            requested_amount_base_minor=None,
            annual_income_base_minor=None,
        ),
    ]


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


def test_analysts_read_what_was_decided_and_why(lender: Lender) -> None:
    lender.admit(a_day_of_applications())
    lender.decide()

    with lender.db.connect("analyst") as connection:
        served = connection.execute(
            "select recommended_amount, risk_score, probability, request_id is not null "
            "from serving.latest_application_decisions where application_id = 'good'"
        ).fetchone()
        told = connection.execute(
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
    assert told[0] == (1, "bureau_data_missing", "Unable to obtain your credit report")
    assert history == (5, 0)


def test_an_application_is_explained_to_a_person(lender: Lender) -> None:
    lender.admit(a_day_of_applications())
    lender.decide()
    told = explain(SCORE_APPLICATIONS, "applications/poor/0", lender.db.settings, lender.store)
    text = text_of(told)

    for word in (
        "DECLINE  application poor", "probability of default", "grade", "2026.12.1", "approved by",
        "credit_applications version 1", "replay --job score_applications poor", "late_payments",
    ):  # fmt: skip
        assert word in text
    assert any(one.contribution for one in told.features)


def test_the_applicants_payments_are_read_at_the_cut_off_and_kept(
    lender: Lender, bench: Bench
) -> None:
    paid = NOON - DAY
    bench.admit(
        [
            a_transaction(transaction_id=f"{who}{n}", customer_id=who, occurred_at=paid + n * HOUR)
            for who in ("x", "y", "z")
            for n in range(2)
        ]
        + [
            a_transaction(
                transaction_id="x-large", customer_id="x", occurred_at=paid, amount_minor=5_000_000
            )
        ]
    )
    for hour in range(2):
        bench.decide(paid + hour * HOUR)
    now = datetime.now(UTC)
    insert_labels(bench.db, [a_label("z1", now), a_label("x-large", now, is_fraud=False)])
    lender.admit(
        [
            an_application(application_id=who, customer_id=who, known_at=now)
            for who in ("w", "x", "y", "z")
        ]
    )
    run = lender.claim()
    # what becomes known after the cut-off does not exist
    insert_labels(bench.db, [a_label("y0", now + HOUR)])
    lender.build()
    lender.score(run.run_id)
    lender.publish(run.run_id)
    kept = {row[0]: row[1:] for row in lender.decided(
        "application_id, fraud_state, fraud_decision_count, fraud_confirmed_count, "
        "fraud_decline_count, fraud_decision_ids"
    )}  # fmt: skip

    assert kept["w"] == ("no_history", 0, 0, 0, [])
    assert kept["y"][:3] == ("clear", 2, 0)
    assert kept["z"][:3] == ("confirmed", 2, 1)
    assert "transactions/z1/0" in kept["z"][4]
    # a label calls the large payment genuine, and so takes its decline back
    assert kept["x"][:4] == ("clear", 3, 0, 0)
    assert kept["x"][4] == ["transactions/x-large/0"]
    assert lender.replayed().holds


def test_a_case_is_decided_ahead_of_its_day_and_by_nobody_again(lender: Lender) -> None:
    lender.admit(a_day_of_applications()[:2])
    case = {"kind": "case", "requested_by": "manual__1", "restated_ids": ("good",)}
    first = lender.decide(**case)

    assert first.rows_claimed == 1
    assert lender.decided("application_id, decision") == [("good", "approve")]
    assert lender.claim(**case).run_id == first.run_id
    with pytest.raises(ContractError, match="only 0 can be decided"):
        lender.claim(**case | {"requested_by": "manual__2"})
    with lender.connect() as connection:
        gaps = windows.undecided(connection, SCORE_APPLICATIONS, MIDNIGHT + DAY)
    assert [(gap.start, gap.rows_pending) for gap in gaps] == [(MIDNIGHT, 1)]
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
            sources.load(settings.sources), lender.store, connection, base_currency="USD"
        )
    assert [receipt.rows_admitted for receipt in admitted] == [1], held
    asked = cases.request(context)
    with lender.connect() as connection:
        run = runs.claim(connection, SCORE_APPLICATIONS, asked, lender.pins)
    lender.build()
    lender.score(run.run_id)
    lender.publish(run.run_id)

    assert lender.decided("application_id, decision, recommended_limit_minor") == [
        ("case-1", "approve", 500_000)
    ]
    assert lender.closes() == []
    assert lender.replayed(with_features=True).holds


def test_without_a_model_a_person_decides_every_application(lender: Lender) -> None:
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
