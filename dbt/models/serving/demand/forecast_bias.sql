with

runs as (

    select * from {{ source('decisions', 'runs') }}

),

newest as (

    select {{ utc_day('max(window_start)') }} as day_number
    from runs
    where job = 'forecast_demand' and state = 'published' and rows_published > 0

),

ledger as not materialized (

    select * from {{ source('decisions', 'demand_forecasts') }}

),

days as not materialized (

    select * from {{ ref('fct_units_by_day') }}

),

-- the forecasts of the last four weeks, each made a week ahead
decided as (

    select
        ledger.merchant_id,
        ledger.product_id,
        ledger.channel,
        {{ utc_day('ledger.day_at') }} + 7 as day_number,
        ledger.mean_units[7] as mean_units
    from ledger
    inner join newest
        on {{ utc_day('ledger.day_at') }} between newest.day_number - 34 and newest.day_number - 7
    where not ledger.is_degraded and {{ is_latest('ledger', 'demand_night_id') }}

),

errors as (

    select
        decided.merchant_id,
        decided.product_id,
        decided.channel,
        decided.day_number,
        grouping(decided.channel) = 0 as is_series,
        sum(coalesce(days.units, 0)) as units,
        sum(decided.mean_units) as mean_units,
        sum(coalesce(days.units, 0)) - sum(decided.mean_units) as error
    from decided
    left join days
        on
            decided.merchant_id = days.merchant_id
            and decided.product_id = days.product_id
            and decided.channel = days.channel
            and decided.day_number = days.day_number
    where days.is_short is not true
    group by
        decided.merchant_id,
        decided.product_id,
        decided.day_number,
        grouping sets ((decided.channel), ())

),

summed as (

    select
        merchant_id,
        case when is_series then 'series' else 'product' end as grain,
        product_id,
        channel,
        count(*) as measured_days,
        sum(units) as units,
        sum(mean_units) as expected_units,
        sum(error) as error,
        avg(abs(error)) as mean_absolute_error,
        sum(error) / nullif(avg(abs(error)), 0) as tracking_signal
    from errors
    group by merchant_id, is_series, product_id, channel

)

select
    *,
    coalesce(abs(tracking_signal) > {{ biased_beyond() }} * sqrt(measured_days), false)
        as is_biased
from summed
