{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        full_refresh=false,
        indexes=[
            {'columns': ['application_id', 'version'], 'unique': true}, {'columns': ['delivery_seq']},
        ],
    )
}}

with

pending as (

    select * from {{ ref('int_applications_queued') }}

),

earlier_applications as (

    select * from {{ ref('int_applicant_applications_counted') }}

),

spending as (

    select * from {{ ref('int_applicant_spending_summed') }}

),

frauds as (

    select * from {{ ref('int_applicant_frauds_counted') }}

)

select
    pending.application_id,
    pending.version,
    pending.customer_id,
    pending.applied_at,
    pending.known_at,
    pending.delivery_seq,
    pending.is_history,
    pending.requested_amount_minor,
    pending.currency_code,
    pending.requested_amount_base_minor,
    pending.annual_income_minor,
    {{ major_units('pending.requested_amount_base_minor') }} as requested_amount,
    pending.term_months,
    pending.requested_amount_minor::double precision / nullif(pending.annual_income_minor, 0)
        as loan_to_income,
    {{ monthly_payment('pending.requested_amount_minor', 'pending.term_months') }}
    / (nullif(pending.annual_income_minor, 0)::double precision / 12) as payment_to_income,
    pending.debt_to_income_percent / 100 as debt_to_income,
    {{ major_units('pending.annual_income_base_minor') }} as annual_income,
    pending.employment_years::double precision as employment_years,
    (pending.fico_low + pending.fico_high) / 2::double precision as fico_mid,
    case
        when pending.first_credit_date <= (pending.applied_at at time zone 'UTC')::date
            then
                ((pending.applied_at at time zone 'UTC')::date - pending.first_credit_date)
                / 365.25::double precision
    end as credit_age_years,
    pending.revolving_utilisation_percent / 100 as revolving_utilisation,
    pending.inquiry_count_6m,
    pending.delinquency_count_2y,
    pending.public_record_count,
    pending.open_account_count,
    pending.total_account_count,
    {{ major_units('pending.revolving_balance_base_minor') }} as revolving_balance,
    pending.months_since_delinquency,
    {{ purpose_group('pending.purpose') }} as purpose_group,
    {{ home_ownership_group('pending.home_ownership') }} as home_ownership_group,
    coalesce(earlier_applications.applicant_application_count, 0) as applicant_application_count,
    coalesce(earlier_applications.applicant_last_outcome, 'none') as applicant_last_outcome,
    {{ major_units('spending.customer_spend_minor_30d') }} as customer_spend_sum_30d,
    {{ major_units('spending.customer_spend_minor_90d') }} as customer_spend_sum_90d,
    (coalesce(spending.customer_spend_minor_30d, 0)::double precision / 30)
    / (nullif(spending.customer_spend_minor_90d, 0)::double precision / 90) as customer_spend_trend,
    coalesce(frauds.customer_fraud_confirmed_count, 0) as customer_fraud_confirmed_count
from pending
left join earlier_applications on pending.row_id = earlier_applications.row_id
left join spending on pending.row_id = spending.row_id
left join frauds on pending.row_id = frauds.row_id
