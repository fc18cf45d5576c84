with

recalled as not materialized (

    select * from {{ ref('int_customer_transactions_recalled') }}

),

-- rows of more than 24 hours before can only say that a value is not new
earlier_merchants as (

    {{ seen_earlier('merchant_id') }}

),

earlier_devices as (

    {{ seen_earlier('device_id') }}

),

earlier_locations as (

    {{ seen_earlier('location_code') }}

),

traced as (

    select
        row_id,
        reading_id,
        occurred_at,
        day_number,
        merchant_id,
        device_id,
        location_code,
        {{ traced_values(['merchant_id', 'device_id', 'location_code', 'ip_address']) }}
    from recalled
    where is_recent and not is_paired
    window
        {{ traced_windows(['merchant_id', 'device_id', 'location_code', 'ip_address']) }}

),

counted_by_windows as (

    select
        traced.*,
        {{ distinct_in_past_24h('merchant_id') }} as customer_merchant_distinct_24h,
        {{ distinct_in_past_24h('device_id') }} as customer_device_distinct_24h,
        {{ distinct_in_past_24h('location_code') }} as customer_location_distinct_24h,
        {{ distinct_in_past_24h('ip_address') }} as customer_ip_address_distinct_24h
    from traced
    window
        {{ before() }},
        {{ before_past_24h() }}

),

counted_by_pairs as (

    {{ values_counted_by_pairs() }}

),

counted as (

    select {{ compared_values() }} from counted_by_windows
    where row_id is not null

    union all

    select {{ compared_values() }} from counted_by_pairs

)

select
    counted.row_id,
    {{ is_new('device_id', 'earlier_devices') }} as is_new_device,
    {{ is_new('location_code', 'earlier_locations') }} as is_new_location,
    {{ is_new('merchant_id', 'earlier_merchants') }} as is_new_merchant,
    counted.customer_merchant_distinct_24h,
    counted.customer_device_distinct_24h,
    counted.customer_location_distinct_24h,
    counted.customer_ip_address_distinct_24h
from counted
left join earlier_merchants
    on
        counted.reading_id = earlier_merchants.reading_id
        and counted.merchant_id = earlier_merchants.merchant_id
left join earlier_devices
    on
        counted.reading_id = earlier_devices.reading_id
        and counted.device_id = earlier_devices.device_id
left join earlier_locations
    on
        counted.reading_id = earlier_locations.reading_id
        and counted.location_code = earlier_locations.location_code
