"""Build deliveries of loan applications and outcomes that pass their suites."""

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

SCORED_APPLICATIONS = """
create unlogged table scored.sample as
select
    'A' || n as application_id,
    n / 100 as chunk,
    gen_random_uuid() as run_id,
    1 as version,
    'C' || n as customer_id,
    timestamptz '2026-11-20 10:00+00' + n * interval '1 minute' as applied_at,
    1000000::bigint as requested_amount_minor,
    'USD' as currency_code,
    case when n % 10 = 0 then 'review' when n % 9 = 1 then 'decline' else 'approve' end as decision,
    'ok' as credit_status,
    (n % 97 / 100.0)::double precision as default_probability,
    (n % 89 / 100.0)::double precision as second_probability,
    0 as prediction,
    'B' as grade,
    36 as pd_horizon_months,
    'high' as confidence,
    (case when n % 9 = 1 then 0 else 500000 end)::bigint as recommended_limit_minor,
    'affordability' as limit_binding,
    n % 10 <> 0 and n % 9 <> 1 as is_counter_offer,
    false as is_overridden,
    'clear' as fraud_state,
    0.01::double precision as fraud_highest_probability,
    1::bigint as fraud_decision_count,
    0::bigint as fraud_review_count,
    0::bigint as fraud_decline_count,
    0::bigint as fraud_confirmed_count,
    '[]'::jsonb as fraud_decision_ids,
    false as is_degraded,
    '[{{"code": "affordability"}}]'::jsonb as reasons,
    '{{}}'::text[] as rule_hits,
    'applications@1' as feature_view,
    sha256('x') as feature_sha256,
    '3' as model_version,
    '2026.12.1' as policy_version,
    clock_timestamp() as decided_at,
    0.1::double precision as processing_time_ms
from generate_series(1, {rows}) as n
"""

_ONE = "update {{}} set {} = {} where {{n}} = 1"

# suite, statement that spoils its table, the expectation that must break
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
    ("decisions.applications", "alter table {} drop limit_binding", "the table has"),
    *(
        ("decisions.applications", f"update {{}} set {change} where {of}", words)
        for change, of, words in (
            ("decision = null", "application_id = 'A2'", "decision has"),
            ("is_degraded = null", "application_id = 'A2'", "is_degraded has"),
            ("decision = 'maybe'", "application_id = 'A2'", "decision is approve"),
            ("default_probability = 'NaN'", "application_id = 'A2'", "default_probability lies"),
            ("second_probability = 1.5", "application_id = 'A2'", "second_probability lies"),
            ("recommended_limit_minor = -1", "application_id = 'A2'", "finite number, at least 0"),
            ("is_degraded = true", "application_id = 'A2'", "decision is not approve"),
            ("reasons = '[]'", "application_id = 'A10'", "items where decision"),
            ("reasons = '[]'", "application_id = 'A2'", "items where is_counter_offer"),
            ("is_degraded = true, decision = 'review'", "true", "is_degraded is false"),
            ("default_probability = 0.1", "true", "default_probability varies"),
        )
    ),
]  # fmt: skip
WARNED = [
    ("raw.applications", "update {} set requested_amount_minor = 500", "requested_amount_minor v"),
    ("raw.applications", "update {} set annual_income_minor = null", "annual_income_minor has"),
    ("raw.application_labels", "update {} set outcome = 'current'", "outcome is fully_paid"),
    ("decisions.applications", "update {} set decision = 'review'", "decision is not review"),
    ("decisions.applications", "update {} set decision = 'decline'", "decision is not decline"),
]
