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

days_ahead as (

    select * from generate_series(1, 28) as ahead (days_ahead)

),

-- means alone may be added up: the quantile of a sum is no sum of quantiles
summed as not materialized (

    select
        decided.merchant_id,
        case
            when grouping(decided.product_id) = 0 then 'product'
            when grouping(decided.category) = 0 then 'category'
            else 'merchant'
        end as grain,
        decided.product_id,
        decided.category,
        decided.day_at,
        days_ahead.days_ahead,
        count(*) as series,
        count(*) filter (where decided.is_degraded) as degraded_series,
        sum(decided.mean_units[days_ahead.days_ahead]) as mean_units
    from decided
    cross join days_ahead
    group by
        decided.merchant_id,
        decided.day_at,
        days_ahead.days_ahead,
        grouping sets (
            (decided.product_id, decided.category), (decided.category), ()
        )

)

select
    decided.merchant_id,
    'series' as grain,
    decided.category,
    decided.product_id,
    decided.channel,
    decided.day_at,
    days_ahead.days_ahead,
    (decided.day_at at time zone 'UTC')::date + days_ahead.days_ahead as target_day,
    decided.mean_units[days_ahead.days_ahead] as mean_units,
    decided.low_units[days_ahead.days_ahead] as low_units,
    decided.median_units[days_ahead.days_ahead] as median_units,
    decided.high_units[days_ahead.days_ahead] as high_units,
    1::bigint as series,
    decided.is_degraded::int::bigint as degraded_series,
    decided.demand_class,
    decided.method,
    decided.model_version,
    decided.feature_view,
    decided.run_id,
    decided.decided_at,
    decided.decision_id
from decided
cross join days_ahead

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
