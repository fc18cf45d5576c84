{%- set queue = ref('int_customer_nights_queued') -%}

with

nights as (

    select distinct
        day_number,
        known_at
    from {{ queue }}

)

select
    nights.day_number as night_number,
    entries.customer_id,
    coalesce(
        sum(entries.amount_minor) filter (where entries.day_number > nights.day_number - 30), 0
    )::bigint as amount_minor_30d,
    sum(entries.amount_minor)::bigint as amount_minor_90d
from nights
inner join {{ ref('int_spending_days_booked') }} as entries
    on {{ is_in_night(card_days()) }}
where {{ are_ids_shared() }} and {{ is_in_reach(queue, card_days()) }}
group by 1, 2
