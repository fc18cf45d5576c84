with

recalled as not materialized (

    select * from {{ ref('int_customer_transactions_recalled') }}
    where is_payment

),

frequencies as (

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
        {% for column in ['channel', 'category', 'currency', 'transaction_type', 'card_bin'] -%}
            same_{{ column }} as (
                partition by reading_id, {{ column }} order by day_number
                range between 30 preceding and 1 preceding
            ),
        {% endfor %}
        whole_30d as (
            partition by reading_id order by day_number range between 30 preceding and 1 preceding
        )

)

select * from frequencies
where row_id is not null
