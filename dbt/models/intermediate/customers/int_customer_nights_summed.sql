{%- set queue = ref('int_customer_nights_queued') -%}

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
        entries.merchant_id,
        entries.customer_id,
        entries.day_number,
        sum(entries.net_minor)::bigint as net_minor,
        sum(entries.gross_minor)::bigint as gross_minor,
        sum(entries.discount_minor)::bigint as discount_minor,
        sum(entries.returned_minor)::bigint as returned_minor
    from nights
    inner join {{ ref('int_sales_days_booked') }} as entries
        on {{ is_in_night(look_back_days()) }}
    where entries.customer_id is not null and {{ is_in_reach(queue, look_back_days()) }}
    group by 1, 2, 3, 4

)

select
    night_number,
    merchant_id,
    customer_id,
    sum(net_minor)::bigint as net_minor,
    {% for span in [30, 90, 365] -%}
        coalesce(sum(net_minor) filter (where day_number > night_number - {{ span }}), 0)::bigint
            as net_minor_{{ span }}d,
    {% endfor -%}
    sum(gross_minor)::bigint as gross_minor,
    sum(discount_minor)::bigint as discount_minor,
    sum(returned_minor)::bigint as returned_minor,
    count(*) filter (where net_minor > 0) as purchase_days,
    {% for span in [30, 90] -%}
        count(*) filter (where net_minor > 0 and day_number > night_number - {{ span }})
            as purchase_days_{{ span }}d,
    {% endfor -%}
    count(*) filter (where net_minor > 0 and {{ is_weekend('day_number') }}) as weekend_days,
    min(day_number) filter (where net_minor > 0) as first_day,
    max(day_number) filter (where net_minor > 0) as last_day,
    sum(net_minor) filter (where net_minor > 0)::bigint as purchased_minor,
    -- of the first purchase day
    (min(array[day_number, net_minor]) filter (where net_minor > 0))[2] as first_minor
from days
group by 1, 2, 3
