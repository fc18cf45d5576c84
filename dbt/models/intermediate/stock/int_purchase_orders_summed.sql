{%- set queue = ref('int_stock_nights_queued') -%}

with

orders as not materialized (

    select
        *,
        -- a version without a receipt is of the order, one with a receipt is of the receipt
        coalesce(received_at, ordered_at) as happened_at
    from {{ ref('stg_ledger__purchase_orders') }}

),

nights as (

    select distinct
        day_number,
        known_at
    from {{ queue }}

),

-- the newest version that happened by the end of the night's day and is known to the night
known as (

    select distinct on (nights.day_number, orders.purchase_order_id)
        nights.day_number,
        orders.*
    from nights
    inner join orders
        on
            {{ day_start('nights.day_number + 1') }} > orders.happened_at
            and nights.known_at >= orders.known_at
    order by nights.day_number asc, orders.purchase_order_id asc, orders.version desc

),

open_orders as (

    select
        queue.place,
        known.quantity,
        coalesce(
            {{ utc_day('known.expected_at') }}::double precision,
            {{ utc_day('known.ordered_at') }} + round(coalesce(queue.lead_time_days, 7))
        ) - queue.day_number as due,
        known.purchase_order_id
    from known
    inner join {{ queue }} as queue
        on
            known.day_number = queue.day_number
            and known.merchant_id = queue.merchant_id
            and known.product_id = queue.product_id
    where
        known.received_at is null
        and known.ordered_at
        >= {{ day_start('known.day_number - ' ~ demand_days() ~ ' + 1') }}

)

select
    place,
    array_agg(quantity::double precision order by due, purchase_order_id) as inbound_units,
    array_agg(due order by due, purchase_order_id) as inbound_due,
    sum(quantity)::double precision as inbound_total,
    coalesce(sum(quantity) filter (where due < 1), 0)::double precision as overdue_units
from open_orders
group by place
