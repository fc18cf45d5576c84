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

earlier as not materialized (

    select * from {{ source('decisions', 'demand_forecasts') }}

),

features as not materialized (

    select * from {{ ref('feat_demand') }}

),

-- day n of a night is day n + 1 of the night before
compared as (

    select
        ledger.merchant_id,
        ledger.product_id,
        max(features.category) as category,
        ledger.day_at,
        count(*) as series,
        sum(earlier.expected_units - earlier.mean_units[1]) as units_before,
        sum(ledger.expected_units - ledger.mean_units[{{ demand_horizon() }}]) as units_now,
        bool_or(ledger.model_version <> earlier.model_version) as is_new_model,
        bool_or(
            num_nonnulls(features.promotion_1_first, features.promotion_2_first)
            > num_nonnulls(known_before.promotion_1_first, known_before.promotion_2_first)
        ) as has_new_promotion
    from ledger
    inner join nights on ledger.day_at = nights.day_at
    inner join earlier
        on
            ledger.merchant_id = earlier.merchant_id
            and ledger.product_id = earlier.product_id
            and ledger.channel = earlier.channel
            and nights.day_at - interval '24 hours' = earlier.day_at
    left join features
        on
            ledger.demand_night_id = features.demand_night_id
            and ledger.version = features.version
    left join features as known_before
        on
            earlier.demand_night_id = known_before.demand_night_id
            and earlier.version = known_before.version
    where
        not ledger.is_degraded
        and not earlier.is_degraded
        and {{ is_latest('ledger', 'demand_night_id') }}
        and {{ is_latest('earlier', 'demand_night_id') }}
    group by ledger.merchant_id, ledger.product_id, ledger.day_at

)

select
    merchant_id,
    category,
    product_id,
    day_at,
    series,
    units_before,
    units_now,
    units_now - units_before as change_of_units,
    decisions.has_moved(units_before, units_now) as has_moved,
    is_new_model,
    has_new_promotion
from compared
