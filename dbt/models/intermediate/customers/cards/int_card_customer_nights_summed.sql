{%- set queue = ref('int_card_customer_nights_queued') -%}

with

nights as (

    select distinct
        day_number,
        known_at
    from {{ queue }}

),

days as (

    select
        nights.day_number as night_number,
        entries.customer_id,
        entries.day_number,
        sum(entries.purchase_count) as purchase_count,
        sum(entries.priced_count) as priced_count,
        sum(entries.amount_minor)::bigint as amount_minor
    from nights
    inner join {{ ref('int_spending_days_booked') }} as entries
        on {{ is_in_night(card_days()) }}
    where {{ is_in_reach(queue, card_days()) }}
    group by 1, 2, 3

)

select
    night_number,
    customer_id,
    {% for span in [7, 30, 60, 90] -%}
        coalesce(sum(amount_minor) filter (where day_number > night_number - {{ span }}), 0)::bigint
            as amount_minor_{{ span }}d,
    {% endfor -%}
    {% for span in [30, 90] -%}
        coalesce(
            sum(purchase_count) filter (where day_number > night_number - {{ span }}), 0
        )::bigint as purchase_count_{{ span }}d,
        count(*) filter (where purchase_count > 0 and day_number > night_number - {{ span }})
            as active_days_{{ span }}d,
    {% endfor -%}
    sum(priced_count)::bigint as priced_count,
    max(amount_minor) filter (where priced_count > 0) as largest_day_minor,
    coalesce(sum(amount_minor) filter (where {{ is_weekend('day_number') }}), 0)::bigint
        as weekend_minor,
    min(day_number) filter (where purchase_count > 0) as first_day,
    max(day_number) filter (where purchase_count > 0) as last_day,
    percentile_cont(0.5) within group (
        order by amount_minor::double precision / priced_count
    ) filter (where priced_count > 0) as usual_minor
from days
group by 1, 2
