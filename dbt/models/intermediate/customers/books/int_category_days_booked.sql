{{
    config(
        indexes=[{'columns': ['day_number']}, {'columns': ['booked_seq']}],
        post_hook="{{ row_level_security() }}",
    )
}}
{%- set position = customer_book_position() -%}

with

{{ sale_lines(position) }},

products as (

    select
        merchant_id,
        product_id,
        category,
        known_at,
        lead(known_at, 1, 'infinity') over (
            partition by merchant_id, product_id order by version
        ) as known_until
    from {{ ref('stg_ledger__products') }}

),

-- the category of the line, or that of its product as it was known with the line
described as (

    select
        lines.*,
        coalesce(lines.category, products.category) as known_category
    from lines
    left join products
        on
            lines.merchant_id = products.merchant_id
            and lines.product_id = products.product_id
            and lines.described_at >= products.known_at
            and lines.described_at < products.known_until

),

entries as (

    select
        {{ utc_day('occurred_at') }} as day_number,
        merchant_id,
        customer_id,
        known_category as category,
        known_at,
        coalesce(sum(sign * net_minor), 0)::bigint as net_minor,
        sum(case when is_sale then sign else -sign end * quantity) as quantity,
        coalesce(sum(sign) filter (where is_sale), 0)::integer as line_count
    from described
    group by day_number, merchant_id, customer_id, known_category, known_at

)

select
    entries.merchant_id,
    entries.customer_id,
    entries.category,
    entries.day_number,
    entries.known_at,
    entries.net_minor,
    entries.quantity,
    entries.line_count,
    entries.known_at > {{ day_start('entries.day_number + 1') }} as is_late,
    {{ position.new_seq }}::bigint as booked_seq
from entries

union all

select
    null as merchant_id,
    null as customer_id,
    null as category,
    null as day_number,
    null as known_at,
    0 as net_minor,
    0 as quantity,
    0 as line_count,
    false as is_late,
    {{ position.new_seq }}::bigint as booked_seq
where {{ position.old_seq }} <> {{ position.new_seq }}
order by day_number
