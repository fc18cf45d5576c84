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
        seen.*
    from recalled as asking
    cross join
        lateral (
            select
                {{ paired_frequency('channel') }} as customer_channel_frequency_30d,
                {{ paired_frequency('category') }} as customer_category_frequency_30d,
                {{ paired_frequency('currency') }} as customer_currency_frequency_30d,
                {{ paired_frequency('transaction_type') }} as customer_type_frequency_30d,
                {{ paired_frequency('card_bin') }} as customer_card_bin_frequency_30d
            from recalled as seen
            where
                {{ is_shown_to_it() }}
                and seen.occurred_at >= {{ whole_30d_start() }}
                and seen.occurred_at < {{ day_start('asking.day_number') }}
        ) as seen
    where {{ asks_in_pairs() }}

)

select * from counted
where row_id is not null

union all

select * from paired
