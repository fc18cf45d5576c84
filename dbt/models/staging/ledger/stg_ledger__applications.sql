with

source as (

    select * from {{ source('ledger', 'applications') }}

),

renamed as (

    select
        -- ids
        application_id,
        version,
        delivery_seq,
        customer_id,

        -- strings
        currency_code,
        lower(purpose) as purpose,
        lower(home_ownership) as home_ownership,

        -- numerics
        requested_amount_minor,
        requested_amount_base_minor,
        term_months,
        annual_income_minor,
        annual_income_base_minor,
        employment_years,
        debt_to_income_percent,
        fico_low,
        fico_high,
        revolving_utilisation_percent,
        inquiry_count_6m,
        delinquency_count_2y,
        public_record_count,
        open_account_count,
        total_account_count,
        revolving_balance_base_minor,
        months_since_delinquency,

        -- booleans
        is_history,

        -- dates
        first_credit_date,

        -- timestamps
        applied_at,
        known_at

    from source

)

select * from renamed
