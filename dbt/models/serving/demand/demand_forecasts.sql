with

runs as (

    select * from {{ source('decisions', 'runs') }}

),

nights as (

    select max(window_start) as day_at
    from runs
    where job = 'forecast_demand' and state = 'published' and rows_published > 0

),

ledger as not materialized (

    select * from {{ source('decisions', 'demand_forecasts') }}

),

features as not materialized (

    select * from {{ ref('feat_demand') }}

),

decided as not materialized (

    select
        ledger.*,
        features.category,
        'demand/' || ledger.demand_night_id || '/' || ledger.revision as decision_id
    from ledger
    inner join nights on ledger.day_at = nights.day_at
    left join features
        on
            ledger.demand_night_id = features.demand_night_id
            and ledger.version = features.version
    where {{ is_latest('ledger', 'demand_night_id') }}

),

-- unnest computes the overrides of a series once, and not once for each of its days
days as not materialized (

    select
        decided.*,
        ahead.days_ahead,
        ahead.overridden_units
    from decided
    cross join lateral unnest(
        array(select day_ahead from generate_series(1, 28) as day_ahead),
        decisions.overridden_units(
            decided.merchant_id,
            decided.product_id,
            decided.channel,
            decided.day_at,
            decided.mean_units,
            'infinity'
        )
    ) as ahead (days_ahead, overridden_units)

),

-- means alone may be added up: the quantile of a sum is no sum of quantiles
summed as not materialized (

    select
        days.merchant_id,
        case
            when grouping(days.product_id) = 0 then 'product'
            when grouping(days.category) = 0 then 'category'
            else 'merchant'
        end as grain,
        days.product_id,
        days.category,
        days.day_at,
        days.days_ahead,
        count(*) as series,
        count(*) filter (where days.is_degraded) as degraded_series,
        sum(days.mean_units[days.days_ahead]) as mean_units,
        sum(days.overridden_units) as overridden_units
    from days
    group by
        days.merchant_id,
        days.day_at,
        days.days_ahead,
        grouping sets (
            (days.product_id, days.category), (days.category), ()
        )

)

select
    days.merchant_id,
    'series' as grain,
    days.category,
    days.product_id,
    days.channel,
    days.day_at,
    days.days_ahead,
    (days.day_at at time zone 'UTC')::date + days.days_ahead as target_day,
    days.mean_units[days.days_ahead] as mean_units,
    days.overridden_units,
    days.low_units[days.days_ahead] as low_units,
    days.median_units[days.days_ahead] as median_units,
    days.high_units[days.days_ahead] as high_units,
    1::bigint as series,
    days.is_degraded::int::bigint as degraded_series,
    days.demand_class,
    days.method,
    days.model_version,
    days.feature_view,
    days.run_id,
    days.decided_at,
    days.decision_id
from days

union all

select
    merchant_id,
    grain,
    category,
    product_id,
    null as channel,
    day_at,
    days_ahead,
    (day_at at time zone 'UTC')::date + days_ahead as target_day,
    mean_units,
    overridden_units,
    null as low_units,
    null as median_units,
    null as high_units,
    series,
    degraded_series,
    null as demand_class,
    null as method,
    null as model_version,
    null as feature_view,
    null as run_id,
    null as decided_at,
    null as decision_id
from summed
