{%- set queue = ref('int_customer_nights_queued') -%}

with

nights as (

    select distinct
        day_number,
        known_at
    from {{ queue }}

),

categories as (

    select
        nights.day_number as night_number,
        entries.merchant_id,
        entries.customer_id,
        sum(entries.net_minor)::bigint as net_minor
    from nights
    inner join {{ ref('int_category_days_booked') }} as entries
        on {{ is_in_night(look_back_days()) }}
    where
        entries.customer_id is not null
        and entries.category is not null
        and {{ is_in_reach(queue, look_back_days()) }}
    group by
        nights.day_number, entries.merchant_id, entries.customer_id, entries.category
    having sum(entries.net_minor) > 0

)

select
    night_number,
    merchant_id,
    customer_id,
    count(*) as category_count,
    max(net_minor)::double precision / sum(net_minor)::double precision as category_top_share
from categories
group by night_number, merchant_id, customer_id
