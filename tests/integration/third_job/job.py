"""Declare a job that forecasts the next week of all active customers of a day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from expectations.suites import Suite
from features.views import FeatureView
from features.views.declarations import amount, count
from scoring.runs.job import Answer, AnswerKind, Gates, Job, ModelSlot, Population
from scoring.runs.ledger import Ledger, Type

if TYPE_CHECKING:
    from scoring.decider import Domain

HERE = "tests.integration.third_job"

VIEW = FeatureView(
    name="customer_days",
    version=1,
    table="marts.feat_customer_days",
    versions="raw.customer_days",
    entity="customer_day_id",
    event_time="day_at",
    carried=(
        *("customer_day_id", "version", "customer_id", "day_at"),
        *("known_at", "delivery_seq", "is_history"),
    ),
    features=tuple(
        declare(name, "activity", f"{name} of the customer", "your activity")
        for declare, name in (
            (count, "transaction_count_1d"),
            (count, "transaction_count_7d"),
            (count, "transaction_count_28d"),
            (amount, "amount_sum_7d"),
            (amount, "amount_max_28d"),
        )
    ),
)


def _domain() -> Domain:
    from tests.integration.third_job.decider import DOMAIN

    return DOMAIN


JOB = Job(
    name="forecast_customer_days",
    domain="customers",
    cadence=timedelta(days=1),
    population=Population(subjects="raw.customer_days", feed="transactions"),
    view=VIEW,
    model=ModelSlot("forecast", "customer_forecasts", (f"{HERE}.model.ForecastModel",)),
    answers=(
        Answer(name="next_week_count", status="count_status", kind=AnswerKind.COUNT),
        Answer(name="next_week_counts", status="count_status", kind=AnswerKind.COUNT, length=7),
        Answer(name="next_week_spend_p90", status="spend_status", kind=AnswerKind.QUANTILE),
        Answer(
            name="segment",
            status="segment_status",
            kind=AnswerKind.LABEL,
            levels=("quiet", "steady", "busy"),
        ),
    ),
    ledger=Ledger(
        "decisions.customer_day_forecasts",
        {
            "count_status": Type.TEXT,
            "next_week_count": Type.DOUBLE,
            "next_week_counts": Type.DOUBLES,
            "spend_status": Type.TEXT,
            "next_week_spend_p90": Type.DOUBLE,
            "segment_status": Type.TEXT,
            "segment": Type.TEXT,
        },
        has_outcome=False,
    ),
    gates=Gates(
        Suite("features.customer_days", f"{HERE}.suites:features"),
        Suite("decisions.customer_days", f"{HERE}.suites:decisions"),
    ),
    published="customer_day_forecasts",
    serving="latest_customer_day_forecasts",
    decides=_domain,
)
