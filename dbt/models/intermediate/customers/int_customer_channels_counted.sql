{%- set queue = ref('int_customer_nights_queued') -%}

with

nights as (

    select distinct
        day_number,
        known_at
    from {{ queue }}

),

channels as (

    select
        nights.day_number as night_number,
        entries.merchant_id,
        entries.customer_id,
        sum(entries.line_count) as line_count
    from nights
    inner join {{ ref('int_sales_days_booked') }} as entries
        on {{ is_in_night(look_back_days()) }}
    where
        entries.customer_id is not null
        and entries.channel is not null
        and {{ is_in_reach(queue, look_back_days()) }}
    group by
        nights.day_number, entries.merchant_id, entries.customer_id, entries.channel
    having sum(entries.line_count) > 0

)

select
    night_number,
    merchant_id,
    customer_id,
    count(*) as channel_count,
    max(line_count)::double precision / sum(line_count) as channel_top_share
from channels
group by night_number, merchant_id, customer_id
