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

),

months as not materialized (

    select
        merchant_id,
        customer_id,
        month_start,
        count(*) filter (where net_minor > 0) as visits,
        sum(net_minor) as net_minor
    from days
    group by 1, 2, 3

),

members as not materialized (

    select
        *,
        min(month_start) filter (where visits > 0) over (
            partition by merchant_id, customer_id
        ) as cohort_month
    from months

),

cohorts as not materialized (

    select
        merchant_id,
        cohort_month,
        month_start,
        count(*) filter (where visits > 0) as active_customers,
        sum(visits) as visits,
        sum(net_minor) as revenue_minor
    from members
    where cohort_month is not null and month_start >= cohort_month
    group by 1, 2, 3

),

-- a month in which no customer of a cohort returned has a row too
spans as not materialized (

    select
        cohorts.merchant_id,
        cohorts.cohort_month,
        cohorts.active_customers as cohort_customers,
        calendar.month_start::date as month_start
    from cohorts
    cross join night
    cross join
        lateral generate_series(
            cohorts.cohort_month::timestamp,
            (night.day_at at time zone 'UTC'),
            interval '1 month'
        ) as calendar (month_start)
    where cohorts.month_start = cohorts.cohort_month

)

select
    spans.merchant_id,
    night.day_at,
    spans.cohort_month,
    spans.month_start,
    (
        extract(year from age(spans.month_start, spans.cohort_month)) * 12
        + extract(month from age(spans.month_start, spans.cohort_month))
    )::integer as months_since,
    spans.cohort_customers,
    coalesce(cohorts.active_customers, 0) as active_customers,
    coalesce(cohorts.active_customers, 0)::double precision
    / spans.cohort_customers::double precision as retention,
    coalesce(cohorts.visits, 0)::bigint as visits,
    coalesce(cohorts.revenue_minor, 0)::bigint as revenue_minor,
    spans.month_start + interval '1 month' <= (night.day_at at time zone 'UTC') + interval '1 day'
        as is_complete
from spans
cross join night
left join cohorts
    on
        spans.merchant_id = cohorts.merchant_id
        and spans.cohort_month = cohorts.cohort_month
        and spans.month_start = cohorts.month_start
