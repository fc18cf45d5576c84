with

source as (

    select * from {{ source('ledger', 'transactions') }}

),

renamed as (

    select
        -- ids
        transaction_id,
        version,
        delivery_seq,
        customer_id,
        merchant_id,
        device_id,

        -- strings
        card_bin,
        ip_address,
        location_code,
        channel,
        kind,
        transaction_category as category,
        currency_code as currency,

        -- numerics
        transaction_type,
        amount_base_minor,
        case when kind = 'purchase' then amount_base_minor end as spent_base_minor,
        merchant_risk_score,
        card_risk_score,
        customer_risk_score,
        customer_latitude,
        customer_longitude,
        merchant_latitude,
        merchant_longitude,

        -- booleans
        kind in ('purchase', 'check') as is_payment,
        is_history,
        is_velocity_alert,
        is_location_alert,
        is_device_alert,
        is_high_value,

        -- timestamps
        occurred_at,
        known_at

    from source

)

select * from renamed
