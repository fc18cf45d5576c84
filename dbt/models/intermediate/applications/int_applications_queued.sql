{%- set position = queue_position('feat_applications') -%}

with

applications as not materialized (

    select * from {{ ref('stg_ledger__applications') }}

)

select
    row_number() over () as row_id,
    applications.application_id,
    applications.version,
    applications.delivery_seq,
    applications.customer_id,
    applications.currency_code,
    applications.purpose,
    applications.home_ownership,
    applications.requested_amount_minor,
    applications.requested_amount_base_minor,
    applications.term_months,
    applications.annual_income_minor,
    applications.annual_income_base_minor,
    applications.employment_years,
    applications.debt_to_income_percent,
    applications.fico_low,
    applications.fico_high,
    applications.revolving_utilisation_percent,
    applications.inquiry_count_6m,
    applications.delinquency_count_2y,
    applications.public_record_count,
    applications.open_account_count,
    applications.total_account_count,
    applications.revolving_balance_base_minor,
    applications.months_since_delinquency,
    applications.is_history,
    applications.first_credit_date,
    applications.applied_at,
    applications.known_at,
    {{ utc_day('applications.applied_at') }} as day_number,
    {{ position.newest }}::bigint as ledger_seq
from applications
where
    applications.delivery_seq > {{ position.built }}
    and applications.delivery_seq <= {{ position.newest }}
    and {{ is_queued('applications', 'feat_applications', 'application_id') }}
