with

recalled as (

    select * from {{ ref('int_customer_transactions_recalled') }}

),

traced as (

    select
        row_id,
        reading_id,
        occurred_at,
        day_number,
        {{ traced_values(['merchant_id', 'device_id', 'location_code', 'ip_address']) }}
    from recalled
    window
        {{ traced_windows(['merchant_id', 'device_id', 'location_code', 'ip_address']) }}

),

compared as (

    select
        row_id,
        {{ is_new('device_id') }} as is_new_device,
        {{ is_new('location_code') }} as is_new_location,
        {{ is_new('merchant_id') }} as is_new_merchant,
        {{ distinct_in_past_24h('merchant_id') }} as customer_merchant_distinct_24h,
        {{ distinct_in_past_24h('device_id') }} as customer_device_distinct_24h,
        {{ distinct_in_past_24h('location_code') }} as customer_location_distinct_24h,
        {{ distinct_in_past_24h('ip_address') }} as customer_ip_address_distinct_24h
    from traced
    window
        {{ before() }},
        {{ before_past_24h() }}

)

select * from compared
where row_id is not null
