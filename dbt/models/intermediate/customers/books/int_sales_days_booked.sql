{{
    config(
        indexes=[{'columns': ['day_number']}, {'columns': ['booked_seq']}],
        post_hook="{{ row_level_security() }}",
    )
}}
{%- set position = customer_book_position() -%}

with

{{ sale_lines(position) }},

entries as (

    select
        {{ utc_day('occurred_at') }} as day_number,
        merchant_id,
        customer_id,
        channel,
        known_at,
        coalesce(sum(sign * net_minor), 0)::bigint as net_minor,
        coalesce(sum(sign * (net_minor + discount_minor)) filter (where is_sale), 0)::bigint
            as gross_minor,
        coalesce(sum(sign * discount_minor) filter (where is_sale), 0)::bigint as discount_minor,
        coalesce(sum(-sign * net_minor) filter (where not is_sale), 0)::bigint as returned_minor,
        sum(case when is_sale then sign else -sign end * quantity) as quantity,
        coalesce(sum(sign) filter (where is_sale), 0)::integer as line_count
    from lines
    group by day_number, merchant_id, customer_id, channel, known_at

)

select
    entries.merchant_id,
    entries.customer_id,
    entries.channel,
    entries.day_number,
    entries.known_at,
    entries.net_minor,
    entries.gross_minor,
    entries.discount_minor,
    entries.returned_minor,
    entries.quantity,
    entries.line_count,
    entries.known_at > {{ day_start('entries.day_number + 1') }} as is_late,
    {{ position.new_seq }}::bigint as booked_seq
from entries

union all

select
    null as merchant_id,
    null as customer_id,
    null as channel,
    null as day_number,
    null as known_at,
    0 as net_minor,
    0 as gross_minor,
    0 as discount_minor,
    0 as returned_minor,
    0 as quantity,
    0 as line_count,
    false as is_late,
    {{ position.new_seq }}::bigint as booked_seq
where {{ position.old_seq }} <> {{ position.new_seq }}
order by day_number
