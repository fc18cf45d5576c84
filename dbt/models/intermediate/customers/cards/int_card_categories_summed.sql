{%- set queue = ref('int_card_customer_nights_queued') -%}

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
        entries.customer_id,
        coalesce(entries.category, 'unknown') as category,
        coalesce(
            sum(entries.amount_minor) filter (where entries.day_number > nights.day_number - 30), 0
        )::bigint as amount_minor_30d,
        sum(entries.amount_minor)::bigint as amount_minor_90d
    from nights
    inner join {{ ref('int_spending_days_booked') }} as entries
        on {{ is_in_night(card_days()) }}
    where {{ is_in_reach(queue, card_days()) }}
    group by 1, 2, 3

)

select
    night_number,
    customer_id,
    {% for span in [30, 90] -%}
        jsonb_object_agg(category, {{ major_units('amount_minor_' ~ span ~ 'd') }}) filter (
            where amount_minor_{{ span }}d > 0
        )::text as category_spend_{{ span }}d,
    {% endfor -%}
    count(*) filter (where amount_minor_90d > 0) as category_count,
    max(amount_minor_90d)::double precision
    / nullif(sum(amount_minor_90d) filter (where amount_minor_90d > 0), 0)::double precision
        as category_top_share
from categories
group by 1, 2
