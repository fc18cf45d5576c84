"""Deliveries of loan applications and their outcomes that pass their suites."""

from __future__ import annotations

LANDED_APPLICATIONS = """
create unlogged table landed.sample as
select
    'A' || n as application_id,
    n::bigint as row_number,
    timestamptz '2026-11-20 10:00+00' + n * interval '1 minute' as applied_at,
    'C' || n as customer_id,
    (100000 + n * 3700 % 100000)::bigint as requested_amount_minor,
    'USD' as currency_code,
    36 as term_months,
    'car' as purpose,
    (3000000 + n * 10000)::bigint as annual_income_minor,
    n % 11 as employment_years,
    'RENT' as home_ownership,
    12.5::double precision as debt_to_income_percent,
    700 as fico_low,
    704 as fico_high,
    110.0::double precision as revolving_utilisation_percent,
    0 as inquiry_count_6m,
    0 as delinquency_count_2y,
    0 as public_record_count,
    null::integer as open_account_count,
    null::integer as total_account_count,
    null::bigint as revolving_balance_minor,
    null::date as first_credit_date,
    null::integer as months_since_delinquency
from generate_series(1, {rows}) as n
"""

LANDED_OUTCOMES = """
create unlogged table landed.sample as
select
    'A' || n as application_id,
    n::bigint as row_number,
    case when n % 7 = 0 then 'charged_off' else 'fully_paid' end as outcome,
    false as is_policy_exception,
    date '2026-11-01' as last_payment_date,
    null::timestamptz as declared_known_at,
    'servicer' as provenance
from generate_series(1, {rows}) as n
"""

_ONE = "update {{}} set {} = {} where {{n}} = 1"

# suite, how its table is spoilt, the expectation that must say so
PLANTED = [
    ("raw.applications", "alter table {} drop term_months", "the table has"),
    *(
        ("raw.applications", _ONE.format(column, "null"), f"{column} has")
        for column in (
            "application_id", "customer_id", "row_number", "applied_at", "currency_code",
            "requested_amount_minor", "term_months",
        )
    ),
    *(
        ("raw.applications", _ONE.format(column, "''"), f"{column} is not")
        for column in ("application_id", "customer_id")
    ),
    *(
        ("raw.applications", _ONE.format(column, value), f"{column} lies")
        for column, value in (
            ("applied_at", "'epoch'"),
            ("requested_amount_minor", "2e15"),
            ("annual_income_minor", "-1"),
            ("term_months", "1000"),
            ("employment_years", "1998"),
            ("debt_to_income_percent", "'NaN'"),
            ("fico_low", "12"),
            ("fico_high", "8500"),
            ("revolving_utilisation_percent", "'Infinity'"),
        )
    ),
    ("raw.application_labels", "alter table {} drop outcome", "the table has"),
    *(
        ("raw.application_labels", _ONE.format(column, "null"), f"{column} has")
        for column in (
            "application_id", "row_number", "outcome", "is_policy_exception", "provenance",
        )
    ),
    (
        "raw.application_labels",
        "update {} set application_id = '' where {n} = 1",
        "application_id is not",
    ),
    (
        "raw.application_labels",
        "update {} set declared_known_at = 'epoch' where {n} = 1",
        "declared_known_at lies",
    ),
    (
        "features.applications",
        "update {} set purpose_group = 'yacht' where application_id = 'T1'",
        "purpose_group is debt_consolidation",
    ),
    (
        "features.applications",
        "update {} set applicant_last_outcome = null where application_id = 'T1'",
        "applicant_last_outcome has",
    ),
    (
        "features.applications",
        "update {} set fico_mid = 70 where application_id = 'T1'",
        "fico_mid lies",
    ),
]  # fmt: skip
WARNED = [
    ("raw.applications", "update {} set requested_amount_minor = 500", "requested_amount_minor v"),
    ("raw.applications", "update {} set annual_income_minor = null", "annual_income_minor has"),
    ("raw.application_labels", "update {} set outcome = 'current'", "outcome is fully_paid"),
]
