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

),

paired as (

    select
        asking.row_id,
        {{ are_new(paired_is_new, compared) }},
        seen.*
    from recalled as asking
    cross join
        lateral (
            select
                {{ paired_use_24h('device_id') }} as has_used_device_24h,
                {{ paired_use_24h('ip_address') }} as has_used_ip_address_24h,
                {{ customer_distincts_24h(paired_distinct, counted) }},
                {{ paired_shown(compared) }}
            from recalled as seen
            where
                {{ is_shown_to_it() }}
                and seen.occurred_at >= {{ whole_30d_start() }}
                and seen.occurred_at < asking.occurred_at
        ) as seen
    where {{ asks_in_pairs() }}

)

select
    counted.row_id,
    {{ are_new(is_new, compared) }},
    {{ was_used_24h('device_id') }} as has_used_device_24h,
    {{ was_used_24h('ip_address') }} as has_used_ip_address_24h,
    {{ customer_distinct_columns(counted) }}
from counted
{{ joined_to_earlier(compared) }}
where counted.row_id is not null

union all

select
    row_id,
    is_new_device,
    is_new_location,
    is_new_merchant,
    has_used_device_24h,
    has_used_ip_address_24h,
    {{ customer_distinct_columns(counted) }}
from paired
