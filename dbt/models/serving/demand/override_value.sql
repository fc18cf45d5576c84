with

runs as (

    select * from {{ source('decisions', 'runs') }}

),

newest as (

    select {{ utc_day('max(window_start)') }} as day_number
    from runs
    where job = 'forecast_demand' and state = 'published' and rows_published > 0

),

entries as not materialized (

    select * from {{ source('decisions', 'forecast_overrides') }}

),

overrides as not materialized (

    select
        entries.*,
        withdrawals.created_at as withdrawn_at
    from entries
    left join entries as withdrawals
        on entries.override_id = withdrawals.withdraws
    where entries.withdraws is null

),

ledger as not materialized (

    select * from {{ source('decisions', 'demand_forecasts') }}

),

days as not materialized (

    select * from {{ ref('fct_units_by_day') }}

),

-- the forecasts that some override may have changed
decided as (

    select distinct
        ledger.merchant_id,
        ledger.product_id,
        ledger.channel,
        (ledger.day_at at time zone 'UTC')::date as night,
        date '1970-01-01' + newest.day_number as newest_night,
        ledger.decided_at,
        ledger.mean_units
    from overrides
    cross join newest
    inner join ledger
        on
            overrides.merchant_id = ledger.merchant_id
            and overrides.product_id = ledger.product_id
            and ledger.day_at
            >= (overrides.first_day - {{ demand_horizon() }})::timestamp at time zone 'UTC'
            and ledger.day_at < overrides.last_day::timestamp at time zone 'UTC'
            and overrides.created_at <= ledger.decided_at
    where not ledger.is_degraded and {{ is_latest('ledger', 'demand_night_id') }}

),

applied as (

    select
        in_force.override_id,
        decided.merchant_id,
        decided.product_id,
        decided.channel,
        decided.night,
        in_force.day - date '1970-01-01' as day_number,
        decided.mean_units[in_force.day - decided.night] as mean_units,
        coalesce(
            in_force.units_per_day,
            in_force.factor * decided.mean_units[in_force.day - decided.night]
        ) as overridden_units
    from decided
    cross join lateral decisions.overrides_in_force(
        decided.merchant_id,
        decided.product_id,
        decided.channel,
        decided.night + 1,
        least(decided.night + {{ demand_horizon() }}, decided.newest_night),
        decided.decided_at
    ) as in_force

),

-- of each day the first forecast under the override: the person knew better than this one
changed as (

    select distinct on (override_id, channel, day_number) *
    from applied
    order by override_id, channel, day_number, night

),

measured as (

    select
        changed.override_id,
        count(*) as measured_days,
        sum(coalesce(days.units, 0)) as units,
        sum(changed.mean_units) as model_units,
        sum(changed.overridden_units) as overridden_units,
        sum(abs(changed.mean_units - coalesce(days.units, 0))) as error_without,
        sum(abs(changed.overridden_units - coalesce(days.units, 0))) as error_with
    from changed
    left join days
        on
            changed.merchant_id = days.merchant_id
            and changed.product_id = days.product_id
            and changed.channel = days.channel
            and changed.day_number = days.day_number
    where days.is_short is not true
    group by changed.override_id

)

select
    overrides.merchant_id,
    overrides.override_id,
    overrides.product_id,
    overrides.channel,
    overrides.first_day,
    overrides.last_day,
    overrides.factor,
    overrides.units_per_day,
    overrides.person,
    overrides.reason,
    overrides.created_at,
    overrides.withdrawn_at,
    coalesce(measured.measured_days, 0) as measured_days,
    measured.units,
    measured.model_units,
    measured.overridden_units,
    measured.error_without,
    measured.error_with,
    measured.error_without - measured.error_with as error_avoided
from overrides
left join measured on overrides.override_id = measured.override_id
