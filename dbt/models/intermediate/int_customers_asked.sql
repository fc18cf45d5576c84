-- a table: Postgres scans a table with all its workers and a CTE with one
with

pending as (

    select * from {{ ref('int_transactions_queued') }}

)

select
    customer_id,
    -- each pending row has exactly one customer, so its row_id is unique here
    min(row_id) as reading_id,
    -- no feature of a customer reads further back than 30 whole days before the row's day
    min({{ day_start('day_number') }} - interval '720 hours') as reaches_to,
    min(occurred_at) - interval '24 hours' as recent_from,
    max(occurred_at) as asked_until,
    {{ is_paired() }} as is_paired
from pending
where customer_id is not null
group by customer_id
