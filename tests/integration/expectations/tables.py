"""Build small tables that pass their suites, to be spoilt one value at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from expectations import checker, record
from expectations.errors import GateFailedError, GateUnavailableError
from expectations.runner import validate
from expectations.validation import Validation
from features.platform.objects import FolderStore
from features.views import (
    APPLICATIONS,
    CUSTOMER_NIGHTS,
    DEMAND,
    STOCK,
    TRANSACTIONS,
    Feature,
    FeatureView,
    Kind,
)
from scoring.domains import SUITES
from tests.conftest import Db
from tests.integration.expectations.application_tables import (
    LANDED_APPLICATIONS,
    LANDED_OUTCOMES,
    SCORED_APPLICATIONS,
)
from tests.integration.expectations.demand_tables import SCORED_DEMAND
from tests.integration.expectations.plan_tables import SCORED_PLANS
from tests.integration.expectations.segment_tables import SCORED_SEGMENTS
from tests.integration.expectations.spending_tables import SCORED_SPENDING
from tests.integration.expectations.stock_tables import (
    LANDED_LEVELS,
    LANDED_MOVEMENTS,
    LANDED_ORDERS,
    LANDED_PROMOTIONS,
)
from tests.integration.expectations.value_tables import SCORED_VALUES

LANDED_TRANSACTIONS = """
create unlogged table landed.sample as
select
    'T' || lpad(n::text, 6, '0') as transaction_id,
    n::bigint as row_number,
    timestamptz '2026-11-20 10:00+00' + n * interval '1 second' as occurred_at,
    'C' || n % 10 as customer_id,
    'M' || n % 7 as merchant_id,
    (100 + n * 37 % 1000)::bigint as amount_minor,
    'USD' as currency_code,
    1 as transaction_type,
    '041111' as card_bin,
    '10.0.0.1' as ip_address,
    'D' || n % 10 as device_id,
    'US-NY' as location_code,
    'web' as channel,
    null::text as transaction_category,
    null::text[] as customer_segments,
    0.1::double precision as merchant_risk_score,
    null::double precision as card_risk_score,
    null::double precision as customer_risk_score,
    false as is_velocity_alert,
    false as is_location_alert,
    false as is_device_alert,
    null::boolean as is_high_value,
    'purchase' as kind,
    null::double precision as customer_latitude,
    null::double precision as customer_longitude,
    40.7::double precision as merchant_latitude,
    -74.0::double precision as merchant_longitude
from generate_series(1, {rows}) as n
"""

LANDED_LABELS = """
create unlogged table landed.sample as
select
    'T' || n as transaction_id,
    n::bigint as row_number,
    n % 10 = 0 as is_fraud,
    timestamptz '2026-11-20 10:00+00' as declared_known_at,
    'chargeback' as provenance
from generate_series(1, {rows}) as n
"""

LANDED_RATES = """
create unlogged table landed.sample as
select
    case n % 2 when 0 then 'EUR' else 'JPY' end as currency_code,
    n::bigint as row_number,
    date '2026-01-01' + n as rate_date,
    (0.5 + n / 1000.0)::numeric(24, 12) as rate,
    timestamptz '2026-01-02' + n * interval '1 hour' as declared_known_at
from generate_series(1, {rows}) as n
"""

SCORED_TRANSACTIONS = """
create unlogged table scored.sample as
select
    'T' || n as transaction_id,
    n / 100 as chunk,
    gen_random_uuid() as run_id,
    1 as version,
    'C' || n % 10 as customer_id,
    timestamptz '2026-11-20 10:00+00' + n * interval '1 second' as occurred_at,
    case when n % 10 = 0 then 'review' when n % 33 = 1 then 'decline' else 'approve' end
        as decision,
    'ok' as fraud_status,
    (n % 97 / 100.0)::double precision as fraud_probability,
    'ok' as anomaly_status,
    (n % 89 / 100.0)::double precision as anomaly_score,
    false as is_degraded,
    case when n % 10 = 0 or n % 33 = 1 then '[{{"code": "R1"}}]'::jsonb else '[]'::jsonb end
        as reasons,
    '{{}}'::text[] as rule_hits,
    'transactions@1' as feature_view,
    sha256('x') as feature_sha256,
    '3' as model_version,
    '2026-11-1' as policy_version,
    clock_timestamp() as decided_at,
    0.1::double precision as processing_time_ms
from generate_series(1, {rows}) as n
"""


def _features(view: FeatureView) -> str:
    """Return the table that a feature view describes, every value inside its bounds."""
    columns = ",\n    ".join(f"{_value(feature)} as {feature.name}" for feature in view.features)
    return f"""
create unlogged table scored.sample as
select
    'T' || n as {view.entity},
    1 as version,
    {columns}
from generate_series(1, {{rows}}) as n
"""


def _value(feature: Feature) -> str:
    if feature.kind is Kind.FLAG:
        return "n % 2 = 0"
    if feature.kind is Kind.CATEGORY:
        return f"'{feature.levels[-1]}'"
    lowest = 0 if feature.minimum is None else feature.minimum
    highest = lowest + 1 if feature.maximum is None else feature.maximum
    return f"({lowest} + ({highest} - {lowest}) * (n % 10) / 10.0)::double precision"


@dataclass(frozen=True)
class Sample:
    """Hold a suite, its table, and the statements that build a passing table."""

    suite: str
    table: str
    create: str


SAMPLES = {
    sample.suite: sample
    for sample in (
        Sample("raw.transactions", "landed.sample", LANDED_TRANSACTIONS),
        Sample("raw.transaction_labels", "landed.sample", LANDED_LABELS),
        Sample("raw.fx_rates", "landed.sample", LANDED_RATES),
        Sample("raw.applications", "landed.sample", LANDED_APPLICATIONS),
        Sample("raw.application_labels", "landed.sample", LANDED_OUTCOMES),
        Sample("raw.promotions", "landed.sample", LANDED_PROMOTIONS),
        Sample("raw.purchase_orders", "landed.sample", LANDED_ORDERS),
        Sample("raw.stock_movements", "landed.sample", LANDED_MOVEMENTS),
        Sample("raw.stock_levels", "landed.sample", LANDED_LEVELS),
        Sample("features.transactions", "scored.sample", _features(TRANSACTIONS)),
        Sample("features.applications", "scored.sample", _features(APPLICATIONS)),
        Sample("decisions.transactions", "scored.sample", SCORED_TRANSACTIONS),
        Sample("decisions.applications", "scored.sample", SCORED_APPLICATIONS),
        Sample("features.customer_nights", "scored.sample", _features(CUSTOMER_NIGHTS)),
        Sample("decisions.customer_segments", "scored.sample", SCORED_SEGMENTS),
        Sample("decisions.customer_values", "scored.sample", SCORED_VALUES),
        Sample("decisions.customers", "scored.sample", SCORED_SPENDING),
        Sample("features.demand", "scored.sample", _features(DEMAND)),
        Sample("decisions.demand_forecasts", "scored.sample", SCORED_DEMAND),
        Sample("features.stock", "scored.sample", _features(STOCK)),
        Sample("decisions.stock_plans", "scored.sample", SCORED_PLANS),
    )
}


def make(sample: Sample, connection: psycopg.Connection[Any], rows: int = 200) -> None:
    """Create the sample's table for role score to read."""
    connection.execute(f"drop table if exists {sample.table}".encode())
    connection.execute(sample.create.format(rows=rows).encode())
    connection.execute(f"grant select on {sample.table} to score".encode())


class Gate:
    """Build a sample, spoil it, and run its suite."""

    def __init__(self, db: Db, folder: Path, *, is_checked_again: bool = False) -> None:
        self._db = db
        self._folder = folder
        self._url = db.settings.warehouse.url("score")
        self._checker = checker.Checker(self._url) if is_checked_again else None

    def __call__(
        self,
        sample: Sample = SAMPLES["raw.transactions"],
        *spoil: str,
        rows: int = 200,
        expected: int | None = None,
        create: bool = True,
        url: str | None = None,
    ) -> Validation:
        with self._db.superuser() as connection:
            if create:
                make(sample, connection, rows)
            for statement in spoil:
                connection.execute(statement.encode())
        try:
            validation = validate(
                SUITES[sample.suite],
                sample.table,
                expected_rows=rows if expected is None else expected,
                subject="delivery 7",
                url=url or self._db.settings.warehouse.url("score"),
                store=FolderStore(self._folder),
            )
        except (GateFailedError, GateUnavailableError) as error:
            self._check_again(error.validation)
            raise
        self._check_again(validation)
        return validation

    def _check_again(self, validation: Validation | None) -> None:
        """Compare a check that has seen tables of the same columns with a new check."""
        if self._checker is None or validation is None or len(validation.expectations) < 2:
            return
        with record.connect(self._url) as connection:
            shape = record.shape_of(validation.table, connection)
            again = self._checker.check(
                SUITES[validation.suite], validation.table, shape, connection
            )
        assert again == validation.expectations[1:]

    def pages(self) -> list[Path]:
        """Return the pages in the store."""
        return list(self._folder.glob("validations/*/*.html"))

    def audit(self) -> list[tuple[Any, ...]]:
        """Return the rows of the audit."""
        return self._db.rows(
            "select verdict, rows_expected, rows_checked, report, expectations::text"
            " from audit.validation_results"
        )
