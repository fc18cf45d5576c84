with

runs as (

    select * from {{ source('decisions', 'runs') }}

),

night as (

    select * from {{ ref('fct_newest_night') }}

),

card_nights as (

    select max(window_start) as day_at
    from runs
    where job = 'forecast_spending' and state = 'published' and rows_published > 0

),

customers as not materialized (

    select * from {{ source('decisions', 'customer_segments') }}

),

forecasts as not materialized (

    select * from {{ source('decisions', 'spending_forecasts') }}

),

newest_forecasts as not materialized (

    select forecasts.*
    from forecasts
    inner join card_nights on forecasts.day_at = card_nights.day_at
    where
        {{ are_ids_shared() }}
        and {{ is_latest('forecasts', 'card_customer_night_id') }}

),

features as not materialized (

    select * from {{ ref('feat_customer_nights') }}

)

select
    customers.merchant_id,
    customers.customer_id,
    customers.day_at,
    customers.segment,
    newest_forecasts.day_at as forecast_day_at,
    newest_forecasts.spend_30d,
    newest_forecasts.spend_30d_low,
    newest_forecasts.spend_30d_high,
    newest_forecasts.spend_90d,
    newest_forecasts.spend_90d_low,
    newest_forecasts.spend_90d_high,
    newest_forecasts.category_spend_30d,
    features.card_spend_90d,
    features.net_90d,
    features.wallet_share_90d,
    newest_forecasts.is_degraded,
    newest_forecasts.model_version,
    newest_forecasts.run_id,
    newest_forecasts.decided_at
from customers
inner join night on customers.day_at = night.day_at
left join newest_forecasts on customers.customer_id = newest_forecasts.customer_id
left join features
    on
        customers.customer_night_id = features.customer_night_id
        and customers.version = features.version
where {{ is_latest('customers', 'customer_night_id') }}
