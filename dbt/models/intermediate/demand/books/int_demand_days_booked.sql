{{
    config(
        indexes=[{'columns': ['day_number']}, {'columns': ['booked_seq']}],
        post_hook="{{ row_level_security() }}",
    )
}}
{%- set position = customer_book_position() -%}

with

{{ sale_lines(position, demand_days()) }},

entries as (

    select
        {{ utc_day('occurred_at') }} as day_number,
        merchant_id,
        product_id,
        coalesce(channel, '') as channel,
        category,
        known_at,
        coalesce(sum(sign * quantity) filter (where is_sale), 0) as sold_quantity,
        coalesce(sum(sign * quantity) filter (where not is_sale), 0) as cancelled_quantity,
        coalesce(sum(sign * quantity) filter (where is_sale and net_minor is not null), 0)
            as priced_quantity,
        coalesce(sum(sign * net_minor) filter (where is_sale), 0)::bigint as priced_minor
    from lines
    where event <> 'return'
    group by day_number, merchant_id, product_id, coalesce(channel, ''), category, known_at

)

select
    entries.merchant_id,
    entries.product_id,
    entries.channel,
    entries.category,
    entries.day_number,
    entries.known_at,
    entries.sold_quantity,
    entries.cancelled_quantity,
    entries.priced_quantity,
    entries.priced_minor,
    entries.known_at > {{ day_start('entries.day_number + 1') }} as is_late,
    {{ position.new_seq }}::bigint as booked_seq
from entries

union all

select
    null as merchant_id,
    null as product_id,
    null as channel,
    null as category,
    null as day_number,
    null as known_at,
    0 as sold_quantity,
    0 as cancelled_quantity,
    0 as priced_quantity,
    0 as priced_minor,
    false as is_late,
    {{ position.new_seq }}::bigint as booked_seq
where {{ position.old_seq }} <> {{ position.new_seq }}
order by day_number
