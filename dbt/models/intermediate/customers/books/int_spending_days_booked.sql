{{ config(indexes=[{'columns': ['day_number']}, {'columns': ['booked_seq']}]) }}
{%- set position = customer_book_position() -%}

with

{{ spending_lines(position) }},

-- the category of the row, or that of its merchant as it was known with the row
described as (

    select
        lines.*,
        {{ utc_day('lines.occurred_at') }} as day_number,
        greatest(lines.booked_at, {{ day_start(utc_day('lines.occurred_at') ~ ' + 1') }})
            as counted_at,
        {% if has_rows(ref('stg_ledger__merchants')) -%}
            coalesce(
                lines.category,
                (
                    select merchants.category
                    from {{ ref('stg_ledger__merchants') }} as merchants
                    where
                        merchants.merchant_id = lines.merchant_id
                        and merchants.known_at <= lines.known_at
                        and coalesce(merchants.valid_from, '-infinity') <= lines.occurred_at
                    order by merchants.valid_from desc nulls last, merchants.version desc
                    limit 1
                )
            ) as known_category
        {%- else -%}
            lines.category as known_category
        {%- endif %}
    from lines

),

entries as (

    select
        day_number,
        customer_id,
        known_category as category,
        counted_at as known_at,
        sum(sign)::integer as purchase_count,
        coalesce(sum(sign) filter (where spent_base_minor is not null), 0)::integer as priced_count,
        coalesce(sum(sign * spent_base_minor), 0)::bigint as amount_minor
    from described
    group by day_number, customer_id, known_category, counted_at

)

select
    entries.customer_id,
    entries.category,
    entries.day_number,
    entries.known_at,
    entries.purchase_count,
    entries.priced_count,
    entries.amount_minor,
    entries.known_at > {{ day_start('entries.day_number + 1') }} as is_late,
    {{ position.new_seq }}::bigint as booked_seq
from entries

union all

select
    null as customer_id,
    null as category,
    null as day_number,
    null as known_at,
    0 as purchase_count,
    0 as priced_count,
    0 as amount_minor,
    false as is_late,
    {{ position.new_seq }}::bigint as booked_seq
where {{ position.old_seq }} <> {{ position.new_seq }}
order by day_number
