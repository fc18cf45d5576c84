{%- set compared = ['device_id', 'location_code', 'merchant_id'] -%}
{%- set counted = ['merchant_id', 'device_id', 'location_code', 'ip_address'] -%}

with

recalled as not materialized (

    select * from {{ ref('int_customer_transactions_recalled') }}

)

select
    asking.row_id,
    previous.occurred_at as previous_at,
    previous.location_code as previous_location_code,
    past_24h.*,
    {{ are_new(paired_is_new, compared) }},
    {{ prefixed('shown', habit_columns()) }}
from recalled as asking
cross join
    lateral (
        select
            count(*) filter (where seen.span is null) - 1 as customer_same_instant_count,
            {{ paired_sums([3, 6, 12, 24]) }},
            {{ paired_use_24h('device_id') }} as has_used_device_24h,
            {{ paired_use_24h('ip_address') }} as has_used_ip_address_24h,
            {{ customer_distincts_24h(paired_distinct, counted) }}
        from (
            select
                seen.*,
                {{ shortest_span([3, 6, 12, 24]) }} as span
            from recalled as seen
            where
                {{ is_shown_to_it() }}
                and seen.occurred_at >= asking.occurred_at - interval '24 hours'
                and seen.occurred_at <= asking.occurred_at
            -- kept apart: pulled up, the span would be found again for each sum
            offset 0 -- noqa: AM09
        ) as seen
    ) as past_24h
-- of several rows at one instant, the last by id says where the customer was
left join lateral (
    select
        seen.occurred_at,
        seen.location_code
    from recalled as seen
    where {{ is_shown_to_it() }} and seen.occurred_at < asking.occurred_at
    order by seen.occurred_at desc, seen.transaction_id desc
    limit 1
) as previous on true
cross join
    lateral (
        select
            {{ paired_shown(compared) }},
            {{ paired_frequency('channel') }} as customer_channel_frequency_30d,
            {{ paired_frequency('category') }} as customer_category_frequency_30d,
            {{ paired_frequency('currency') }} as customer_currency_frequency_30d,
            {{ paired_frequency('transaction_type') }} as customer_type_frequency_30d,
            {{ paired_frequency('card_bin') }} as customer_card_bin_frequency_30d
        from recalled as seen
        where
            {{ is_shown_to_it() }}
            and seen.occurred_at >= {{ whole_30d_start() }}
            and seen.occurred_at < asking.occurred_at
    ) as shown
where {{ asks_in_pairs() }}
