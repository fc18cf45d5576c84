{%- set queue = ref('int_stock_nights_queued') -%}

with

nights as (

    select distinct
        day_number,
        known_at
    from {{ queue }}

),

-- the units of a day and channel are at least 0, as in features of demand
days as (

    select
        queue.place,
        entries.channel,
        nights.day_number - entries.day_number as age,
        greatest(sum(entries.sold_quantity - entries.cancelled_quantity), 0) as units,
        sum(entries.priced_quantity) as priced_units,
        sum(entries.priced_minor) as priced_minor
    from nights
    inner join {{ ref('int_demand_days_booked') }} as entries
        on {{ is_in_night(demand_days()) }}
    inner join {{ queue }} as queue
        on
            nights.day_number = queue.day_number
            and entries.merchant_id = queue.merchant_id
            and entries.product_id = queue.product_id
    where {{ is_in_reach(queue, demand_days()) }}
    group by queue.place, entries.channel, nights.day_number - entries.day_number

)

-- whole weeks from the night back, the newest is week 0
select
    place,
    channel,
    age / 7 as week_number,
    sum(units) as units,
    sum(priced_units) as priced_units,
    sum(priced_minor) as priced_minor,
    min(age) filter (where units > 0) as newest_age,
    max(age) filter (where units > 0) as oldest_age
from days
group by place, channel, age / 7
