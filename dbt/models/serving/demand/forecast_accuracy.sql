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

features as not materialized (

    select * from {{ ref('feat_demand') }}

),

entries as not materialized (

    select * from {{ ref('fct_demand_days') }}

),

days as not materialized (

    select
        merchant_id,
        product_id,
        channel,
        day_number,
        greatest(sum(units), 0) as units
    from entries
    where day_number > (select newest.day_number - {{ accuracy_days() }} from newest)
    group by merchant_id, product_id, channel, day_number

),

shortages as not materialized (

    select * from {{ ref('fct_closed_shortage_days') }}

),

decided as (

    select
        ledger.merchant_id,
        ledger.product_id,
        ledger.channel,
        ledger.demand_class,
        ledger.day_at,
        {{ utc_day('ledger.day_at') }} as night,
        newest.day_number as newest_day,
        ledger.mean_units,
        ledger.low_units,
        ledger.median_units,
        ledger.high_units,
        array[
            {% for day in range(7) -%}
                features.newest_weekday_{{ day }}{{ ',' if not loop.last }}
            {% endfor -%}
        ] as newest_by_weekday
    from ledger
    inner join newest
        on
            {{ utc_day('ledger.day_at') }} >= newest.day_number - {{ accuracy_days() }}
            and {{ utc_day('ledger.day_at') }} < newest.day_number
    left join features
        on
            ledger.demand_night_id = features.demand_night_id
            and ledger.version = features.version
    where not ledger.is_degraded and {{ is_latest('ledger', 'demand_night_id') }}

),

targets as (

    select
        decided.merchant_id,
        decided.demand_class,
        decided.day_at,
        ahead.days_ahead,
        decided.mean_units[ahead.days_ahead] as mean_units,
        decided.low_units[ahead.days_ahead] as low_units,
        decided.median_units[ahead.days_ahead] as median_units,
        decided.high_units[ahead.days_ahead] as high_units,
        decided.newest_by_weekday[1 + (decided.night + ahead.days_ahead + 3) % 7] as baseline,
        coalesce(days.units, 0) as units
    from decided
    inner join generate_series(1, 28) as ahead (days_ahead)
        on decided.night + ahead.days_ahead <= decided.newest_day
    left join days
        on
            decided.merchant_id = days.merchant_id
            and decided.product_id = days.product_id
            and decided.channel = days.channel
            and decided.night + ahead.days_ahead = days.day_number
    left join shortages
        on
            decided.merchant_id = shortages.merchant_id
            and decided.product_id = shortages.product_id
            and decided.channel = shortages.channel
            and decided.night + ahead.days_ahead = shortages.day_number
    where shortages.day_number is null

)

select
    merchant_id,
    demand_class,
    day_at,
    days_ahead,
    (day_at at time zone 'UTC')::date + days_ahead as target_day,
    count(*) as series,
    sum(units) as units,
    sum(mean_units) as expected_units,
    sum(abs(median_units - units)) as absolute_error,
    sum(abs(baseline - units)) as baseline_error,
    sum(units) filter (where baseline is not null) as baseline_units,
    sum(greatest(0.1 * (units - low_units), 0.9 * (low_units - units))) as low_loss,
    sum(0.5 * abs(units - median_units)) as median_loss,
    sum(greatest(0.9 * (units - high_units), 0.1 * (high_units - units))) as high_loss,
    count(*) filter (where units between low_units and high_units) as covered
from targets
group by merchant_id, demand_class, day_at, days_ahead
