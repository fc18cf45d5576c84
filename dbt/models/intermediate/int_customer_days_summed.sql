with

pending as not materialized (

    select * from {{ ref('int_transactions_queued') }}

),

booked as not materialized (

    select * from {{ ref('int_customer_days_booked') }}

),

late_entries as (

    select
        customer_id,
        day_number,
        known_at
    from booked
    where is_late and known_at > (select min(pending.known_at) from pending)

),

-- rows within whose reach an entry became known later
early_rows as (

    select distinct pending.row_id
    from pending
    inner join late_entries
        on
            pending.customer_id = late_entries.customer_id
            and pending.day_number > late_entries.day_number
            and pending.known_at < late_entries.known_at

),

row_questions as (

    select
        pending.row_id,
        pending.customer_id,
        pending.day_number,
        case when early_rows.row_id is null then 'infinity' else pending.known_at end as as_of
    from pending
    left join early_rows on pending.row_id = early_rows.row_id
    where pending.customer_id is not null

),

-- rows of one customer and day share a question; the order is the order of the book's index
questions as (

    select distinct
        customer_id,
        day_number,
        as_of
    from row_questions
    order by customer_id, day_number, as_of

),

-- computed once per question, not once per row
sums as materialized (

    select
        questions.*,
        spans.*
    from questions
    cross join lateral (
        select
            {{ over_days('entries.transaction_count', 7) }} as customer_transaction_count_7d,
            {{ over_days('entries.transaction_count', 14) }} as customer_transaction_count_14d,
            {{ over_days('entries.transaction_count', 30) }} as customer_transaction_count_30d,
            {{ over_days_if_any('entries.check_count', 7) }} as customer_check_count_7d,
            {{ over_days_if_any('entries.check_count', 14) }} as customer_check_count_14d,
            {{ over_days_if_any('entries.refund_count', 30) }} as customer_refund_count_30d,
            {{ over_days('entries.priced_count', 7) }} as customer_priced_count_7d,
            {{ over_days('entries.priced_count', 30) }} as customer_priced_count_30d,
            {{ over_days('entries.priced_count', 30, 14) }} as customer_priced_count_30d_to_14d,
            {{ over_days('entries.amount_minor', 7) }} as customer_amount_minor_7d,
            {{ over_days('entries.amount_minor', 30) }} as customer_amount_minor_30d,
            {{ over_days('entries.amount_minor', 30, 14) }} as customer_amount_minor_30d_to_14d
        from booked as entries
        where
            entries.customer_id = questions.customer_id
            and entries.day_number between questions.day_number - 30 and questions.day_number - 1
            and entries.known_at <= questions.as_of
    ) as spans

)

select
    row_questions.row_id,
    sums.customer_transaction_count_7d,
    sums.customer_transaction_count_14d,
    sums.customer_transaction_count_30d,
    sums.customer_transaction_count_7d - sums.customer_check_count_7d as customer_purchase_count_7d,
    sums.customer_transaction_count_14d - sums.customer_check_count_14d
        as customer_purchase_count_14d,
    sums.customer_refund_count_30d,
    sums.customer_priced_count_7d,
    sums.customer_priced_count_30d,
    sums.customer_priced_count_30d_to_14d,
    sums.customer_amount_minor_7d,
    sums.customer_amount_minor_30d,
    sums.customer_amount_minor_30d_to_14d
from row_questions
inner join sums
    on
        row_questions.customer_id = sums.customer_id
        and row_questions.day_number = sums.day_number
        and row_questions.as_of = sums.as_of
