"""Name the jobs that read a feed, by the traces that they leave in the warehouse.

A load of history changes the past. Ingest refuses it where a reader has used that past. The names
are plain data: ingest knows no job, and a contract test holds them equal to those of the jobs.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The register of runs, with the columns `job` and `state`.
RUNS = "decisions.runs"


@dataclass(frozen=True, slots=True)
class Reader:
    """A job that reads a feed.

    Attributes:
        decided_by: the name of the job in the register of runs.
        features: the table of the features that the job reads.
    """

    decided_by: str
    features: str


TRANSACTION_SCORING = Reader("score_transactions", "marts.feat_transactions")
APPLICATION_SCORING = Reader("score_applications", "marts.feat_applications")
CUSTOMER_SEGMENTS = Reader("segment_customers", "marts.feat_customer_nights")
CUSTOMER_VALUE = Reader("value_customers", "marts.feat_customer_nights")
SPENDING_FORECAST = Reader("forecast_spending", "marts.feat_customers")
DEMAND_FORECAST = Reader("forecast_demand", "marts.feat_demand")
STOCK_PLAN = Reader("plan_stock", "marts.feat_stock")
#: The jobs that read card payments to know a customer.
CUSTOMER_JOBS = (CUSTOMER_SEGMENTS, CUSTOMER_VALUE, SPENDING_FORECAST)
