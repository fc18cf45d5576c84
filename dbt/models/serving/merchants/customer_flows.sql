with

night as (

    select * from {{ ref('fct_newest_night') }}

),

entries as not materialized (

    select * from {{ ref('int_sales_days_booked') }}

),

days as not materialized (

    select
        entries.merchant_id,
        entries.customer_id,
        {{ month_of('entries.day_number') }} as month_start,
        entries.day_number,
        sum(entries.net_minor) as net_minor
    from entries
    inner join night
        on entries.day_number <= night.day_number and entries.known_at <= night.known_at
    where entries.customer_id is not null
    group by 1, 2, 3, 4
    having sum(entries.net_minor) > 0

),

buyers as not materialized (

    select
        merchant_id,
        customer_id,
        month_start,
        sum(net_minor) as net_minor,
        min(month_start) over customer_months as first_month,
        lag(month_start) over customer_months as previous_month,
        lead(month_start) over customer_months as next_month
    from days
    group by 1, 2, 3
    window customer_months as (partition by merchant_id, customer_id order by month_start)

),

-- a buyer counts in the month of a purchase, and as lapsed in the month after the last of a row
flows as not materialized (

    select
        merchant_id,
        month_start,
        true as is_buyer,
        month_start = first_month as is_new,
        previous_month = month_start - interval '1 month' as is_repeating,
        net_minor
    from buyers

    union all

    select
        buyers.merchant_id,
        (buyers.month_start + interval '1 month')::date as month_start,
        false as is_buyer,
        false as is_new,
        false as is_repeating,
        0 as net_minor
    from buyers
    cross join night
    where
        buyers.month_start + interval '1 month' <= night.day_at at time zone 'UTC'
        and buyers.next_month is distinct from (buyers.month_start + interval '1 month')::date

)

select
    flows.merchant_id,
    night.day_at,
    flows.month_start,
    count(*) filter (where flows.is_buyer) as customers,
    count(*) filter (where flows.is_new) as new_customers,
    count(*) filter (where flows.is_repeating) as repeating_customers,
    count(*) filter (
        where flows.is_buyer and not flows.is_new and flows.is_repeating is not true
    ) as returned_customers,
    count(*) filter (where not flows.is_buyer) as lapsed_customers,
    coalesce(sum(flows.net_minor) filter (where flows.is_new), 0)::bigint as new_revenue_minor,
    coalesce(sum(flows.net_minor) filter (where flows.is_repeating), 0)::bigint
        as repeating_revenue_minor,
    flows.month_start + interval '1 month' <= (night.day_at at time zone 'UTC') + interval '1 day'
        as is_complete
from flows
cross join night
group by 1, 2, 3
