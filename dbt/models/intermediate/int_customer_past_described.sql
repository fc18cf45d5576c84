{{ config(materialized='ephemeral') }}

{#- the same columns, computed in pairs or by running windows -#}
{%- set window_columns = [
    'customer_same_instant_count', 'customer_check_count_24h', 'previous_at', 'previous_place',
] -%}
{%- for hours in [3, 6, 12, 24] -%}
    {%- for measure in ['transaction_count', 'priced_count', 'amount_minor'] -%}
        {%- do window_columns.append('customer_' ~ measure ~ '_' ~ hours ~ 'h') -%}
    {%- endfor -%}
{%- endfor -%}
{%- set value_columns = [
    'is_new_device', 'is_new_location', 'is_new_merchant',
    'has_used_device_24h', 'has_used_ip_address_24h',
    'customer_merchant_distinct_24h', 'customer_device_distinct_24h',
    'customer_location_distinct_24h', 'customer_ip_address_distinct_24h',
] -%}
{%- set habit_columns = [
    'customer_channel_frequency_30d', 'customer_category_frequency_30d',
    'customer_currency_frequency_30d', 'customer_type_frequency_30d',
    'customer_card_bin_frequency_30d',
] -%}

with

paired as (

    select * from {{ ref('int_customer_past_paired') }}

),

windows as (

    select * from {{ ref('int_customer_windows_summed') }}

),

customer_values as (

    select * from {{ ref('int_customer_values_compared') }}

),

habits as (

    select * from {{ ref('int_customer_habits_counted') }}

)

select
    paired.row_id,
    {{ prefixed('paired', window_columns + value_columns + habit_columns) }}
from paired

union all

select
    windows.row_id,
    {{ prefixed('windows', window_columns) }},
    {{ prefixed('customer_values', value_columns) }},
    {{ prefixed('habits', habit_columns) }}
from windows
inner join customer_values on windows.row_id = customer_values.row_id
inner join habits on windows.row_id = habits.row_id
