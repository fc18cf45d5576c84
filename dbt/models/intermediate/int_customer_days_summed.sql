with

pending as not materialized (

    select * from {{ ref('int_transactions_queued') }}

),

booked as not materialized (

    select * from {{ ref('int_customer_days_booked') }}

),

{{ asked_days('customer_id', ['booked']) }},

-- once per question, not once per row that asks it
summed as materialized (

    select
        asked.*,
        sums.*
    from asked
    cross join lateral (
        select
            {{
                customer_day_sums(
                    [('7d', 7, 0), ('14d', 14, 0), ('30d', 30, 0), ('30d_to_14d', 30, 14)]
                )
            }}
        {{ entries_asked_for('booked', 'customer_id', 30) }}
    ) as sums

)

select
    asking.row_id,
    summed.customer_transaction_count_7d,
    summed.customer_transaction_count_14d,
    summed.customer_transaction_count_30d,
    summed.customer_priced_count_7d,
    summed.customer_priced_count_30d,
    summed.customer_priced_count_30d_to_14d,
    summed.customer_amount_minor_7d,
    summed.customer_amount_minor_30d,
    summed.customer_amount_minor_30d_to_14d
from asking
inner join summed
    on
        asking.customer_id = summed.customer_id
        and asking.day_number = summed.day_number
        and asking.as_of = summed.as_of
