"""The synthetic lender has applicants, known outcomes and risk that a model can learn."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features.platform.errors import ConfigurationError
from tests.unit.features.synthesize.worlds import TRANSACTIONS, Delivered, a_plan, deliver

APPLICATIONS = "landing/synthetic/applications/"
OUTCOMES = "landing/synthetic/application_labels/"
ATTRIBUTES = "landing/synthetic/applicant_attributes/"
LOANS = {"credit_history": 6000, "applications_per_day": 120.0}


@pytest.fixture(scope="module")
def lender() -> Delivered:
    """Synthesize ten days of card transactions and five years of loans."""
    return deliver(a_plan(**LOANS))


@pytest.fixture(scope="module")
def book(lender: Delivered) -> pd.DataFrame:
    """Return the lender's applications with their known outcomes."""
    book = lender.feed(APPLICATIONS).merge(
        lender.feed(OUTCOMES).drop(columns="file"), on="application_id", how="left"
    )
    for name in ("applied_at", "known_at"):
        book[name] = pd.to_datetime(book[name])
    book["months"] = book.term.str.split().str[0].astype(int)
    return book


def test_a_plan_without_applications_delivers_none() -> None:
    names = deliver(a_plan()).objects

    assert not [name for name in names if "appli" in name]


def test_the_same_plan_lends_the_same(lender: Delivered) -> None:
    assert deliver(a_plan(**LOANS)).objects == lender.objects


def test_loans_do_not_change_card_transactions(lender: Delivered) -> None:
    without = deliver(a_plan())

    for name in without.names(TRANSACTIONS):
        assert without.objects[name] == lender.objects[name]


def test_a_longer_run_begins_with_the_same_applications(lender: Delivered) -> None:
    longer = deliver(a_plan(**LOANS, end=lender.plan.end + timedelta(hours=3)))

    for name in lender.names(APPLICATIONS):
        assert longer.objects[name] == lender.objects[name]


def test_applicants_hold_cards_and_each_application_occurs_once(
    lender: Delivered, book: pd.DataFrame
) -> None:
    holders = set(lender.feed(TRANSACTIONS).customer_id)

    assert book.application_id.is_unique
    assert len(set(book.customer_id) & holders) > 0.9 * book.customer_id.nunique()
    assert set(lender.feed(ATTRIBUTES).application_id) == set(book.application_id)


def test_no_outcome_comes_before_the_loan_can_have_ended(book: pd.DataFrame) -> None:
    outcomes = book[book.known_at.notna()]

    paid = pd.to_datetime(outcomes.last_payment_date, utc=True)
    charged_off = outcomes.outcome == "charged_off"
    assert (paid > outcomes.applied_at + timedelta(days=20)).all()
    assert (paid < outcomes.applied_at + pd.to_timedelta(31 * outcomes.months, unit="D")).all()
    assert (outcomes.known_at - paid)[charged_off].min() == timedelta(days=150)
    assert (outcomes.known_at - paid)[~charged_off].max() == timedelta(days=1)


def test_only_outcomes_before_the_end_of_the_plan_are_delivered(
    lender: Delivered, book: pd.DataFrame
) -> None:
    assert book.known_at.max() < lender.plan.end
    young = book[book.applied_at > lender.plan.live_from - timedelta(days=200)]
    old = book[book.applied_at < lender.plan.live_from - timedelta(days=4 * 365)]
    assert young.known_at.notna().mean() < 0.3
    assert old.known_at.notna().mean() == pytest.approx(0.92, abs=0.03)


def test_defaults_can_be_learnt_but_not_perfectly(lender: Delivered, book: pd.DataFrame) -> None:
    over = book.applied_at + pd.to_timedelta(31 * book.months + 150, unit="D")
    closed = book[(over <= lender.plan.live_from) & book.known_at.notna()]
    default = (closed.outcome == "charged_off").to_numpy()
    columns = ["loan_amnt", "annual_inc", "dti", "fico_range_low", "revol_util", "inq_last_6mths"]
    matrix = closed[columns].astype(float).assign(months=closed.months)
    matrix["to_income"] = matrix.loan_amnt / matrix.annual_inc
    past = (closed.applied_at < closed.applied_at.quantile(0.7)).to_numpy()

    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(matrix[past], default[past])

    assert 0.10 < default.mean() < 0.20
    assert 0.62 < roc_auc_score(default[~past], model.predict_proba(matrix[~past])[:, 1]) < 0.78


def test_a_negative_number_of_applications_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="credit_history >= 0"):
        a_plan(credit_history=-1)
