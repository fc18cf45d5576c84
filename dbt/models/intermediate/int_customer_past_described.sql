{{ config(materialized='ephemeral') }}

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
    {{ prefixed('paired', window_columns() + value_columns() + habit_columns()) }}
from paired

union all

select
    windows.row_id,
    {{ prefixed('windows', window_columns()) }},
    {{ prefixed('customer_values', value_columns()) }},
    {{ prefixed('habits', habit_columns()) }}
from windows
inner join customer_values on windows.row_id = customer_values.row_id
inner join habits on windows.row_id = habits.row_id
