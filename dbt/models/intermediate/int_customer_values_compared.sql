{%- set compared = ['device_id', 'location_code', 'merchant_id'] -%}
{%- set counted = ['merchant_id', 'device_id', 'location_code', 'ip_address'] -%}

with

recalled as not materialized (

    select * from {{ ref('int_customer_transactions_recalled') }}

),

-- of running windows: rows of more than 24 hours before can only say that a value is not new
{{ earlier_values(compared) }},

traced as (

    select
        row_id,
        reading_id,
        occurred_at,
        day_number,
        merchant_id,
        device_id,
        location_code,
        {{ traced_values(counted) }}
    from recalled
    where is_recent and not is_paired
    window
        {{ traced_windows(counted) }}

),

counted as (

    select
        traced.*,
        {{ customer_distincts_24h(distinct_in_past_24h, counted) }}
    from traced
    window
        {{ before() }},
        {{ before_past_24h() }}

)

select
    counted.row_id,
    {{ are_new(is_new, compared) }},
    {{ was_used_24h('device_id') }} as has_used_device_24h,
    {{ was_used_24h('ip_address') }} as has_used_ip_address_24h,
    counted.customer_merchant_distinct_24h,
    counted.customer_device_distinct_24h,
    counted.customer_location_distinct_24h,
    counted.customer_ip_address_distinct_24h
from counted
{{ joined_to_earlier(compared) }}
where counted.row_id is not null
