-- a table: Postgres scans a table with all its workers and a CTE with one
with

pending as (

    select * from {{ ref('int_transactions_queued') }}

)

select
    device_id,
    -- each pending row has at most one device, so its row_id is unique here
    min(row_id) as reading_id,
    min(occurred_at - interval '24 hours') as reaches_to,
    min(occurred_at) - interval '24 hours' as recent_from,
    max(occurred_at) as asked_until,
    case when min(customer_id) = max(customer_id) then min(customer_id) end as own_customer_id,
    {{ is_paired() }} as is_paired
from pending
where device_id is not null
group by device_id
