{{ config(materialized='ephemeral') }}

{%- set spans = [
    ('past', '3h'), ('past', '6h'), ('past', '12h'), ('past', '24h'), ('days', '7d'),
    ('days', '30d'),
] %}

with

pending as (

    select * from {{ ref('int_transactions_queued') }}

),

past as (

    select * from {{ ref('int_customer_past_described') }}

),

days as (

    select * from {{ ref('int_customer_days_summed') }}

),

spikes as (

    select * from {{ ref('int_customer_spikes_counted') }}

)

select
    pending.row_id,
    past.customer_same_instant_count,
    {% for table, span in spans -%}
        {%- set priced = table ~ '.customer_priced_count_' ~ span -%}
        {%- set total = major_units(table ~ '.customer_amount_minor_' ~ span) -%}
        coalesce({{ table }}.customer_transaction_count_{{ span }}, 0)::bigint
            as customer_transaction_count_{{ span }},
        coalesce({{ priced }}, 0)::bigint as customer_priced_count_{{ span }},
        case when {{ priced }} > 0 then {{ total }} end as customer_amount_sum_{{ span }},
        {{ total }} / nullif({{ priced }}, 0) as customer_amount_avg_{{ span }},
    {% endfor %}
    {{ amount_ratio_30d('pending', 'days') }} as customer_amount_ratio_30d,
    {{ major_units('days.customer_amount_minor_30d_to_14d') }}
    / nullif(days.customer_priced_count_30d_to_14d, 0) as customer_amount_avg_30d_to_14d,
    {{
        amount_ratio(
            'pending.amount_base_minor',
            'days.customer_amount_minor_30d_to_14d',
            'days.customer_priced_count_30d_to_14d',
        )
    }} as customer_amount_ratio_30d_to_14d,
    (days.customer_amount_minor_7d::double precision / nullif(days.customer_priced_count_7d, 0))
    / nullif(
        days.customer_amount_minor_30d_to_14d::double precision
        / nullif(days.customer_priced_count_30d_to_14d, 0), 0
    ) as customer_amount_avg_7d_ratio_30d_to_14d,
    coalesce(spikes.customer_spike_count_7d, 0)::double precision
    / nullif(days.customer_purchase_count_7d, 0) as customer_spike_share_7d,
    coalesce(spikes.customer_spike_count_14d, 0)::double precision
    / nullif(days.customer_purchase_count_14d, 0) as customer_spike_share_14d,
    coalesce(past.customer_check_count_24h, 0)::bigint as customer_check_count_24h,
    coalesce(days.customer_refund_count_30d, 0)::bigint as customer_refund_count_30d,
    {{ refund_share('days.customer_refund_count_30d', 'days.customer_transaction_count_30d') }}
        as customer_refund_share_30d,
    past.is_new_device,
    past.is_new_location,
    past.is_new_merchant,
    past.has_used_device_24h,
    past.has_used_ip_address_24h,
    past.customer_merchant_distinct_24h,
    past.customer_device_distinct_24h,
    past.customer_location_distinct_24h,
    past.customer_ip_address_distinct_24h,
    past.customer_channel_frequency_30d,
    past.customer_category_frequency_30d,
    past.customer_currency_frequency_30d,
    past.customer_type_frequency_30d,
    past.customer_card_bin_frequency_30d
from pending
left join past on pending.row_id = past.row_id
left join days on pending.row_id = days.row_id
left join spikes on pending.row_id = spikes.row_id
