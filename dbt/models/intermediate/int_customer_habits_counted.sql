with

recalled as not materialized (

    select * from {{ ref('int_customer_transactions_recalled') }}

),

counted as (

    select
        row_id,
        {{ habit_frequency('channel') }} as customer_channel_frequency_30d,
        {{ habit_frequency('category') }} as customer_category_frequency_30d,
        {{ habit_frequency('currency') }} as customer_currency_frequency_30d,
        {{ habit_frequency('transaction_type') }} as customer_type_frequency_30d,
        {{ habit_frequency('card_bin') }} as customer_card_bin_frequency_30d
    from recalled
    where not is_paired
    window
        {{ habit_windows(['channel', 'category', 'currency', 'transaction_type', 'card_bin']) }}

),

paired as (

    select
        asking.row_id,
        {{ paired_frequency('channel') }} as customer_channel_frequency_30d,
        {{ paired_frequency('category') }} as customer_category_frequency_30d,
        {{ paired_frequency('currency') }} as customer_currency_frequency_30d,
        {{ paired_frequency('transaction_type') }} as customer_type_frequency_30d,
        {{ paired_frequency('card_bin') }} as customer_card_bin_frequency_30d
    {{
        pairs(
            of_those='seen.day_number between asking.day_number - 30 and asking.day_number - 1'
        )
    }}
    group by asking.row_id

)

select * from counted
where row_id is not null

union all

select * from paired
