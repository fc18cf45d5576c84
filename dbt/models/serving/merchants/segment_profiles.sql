with

night as (

    select * from {{ ref('fct_newest_night') }}

),

entries as not materialized (

    select * from {{ ref('int_sales_days_booked') }}

),

segments as not materialized (

    select * from {{ source('decisions', 'customer_segments') }}

),

values_decided as not materialized (

    select * from {{ source('decisions', 'customer_values') }}

),

features as not materialized (

    select * from {{ ref('feat_customer_nights') }}

),

-- all revenue of the look-back, that of guests included
revenues as (

    select
        entries.merchant_id,
        entries.customer_id,
        sum(entries.net_minor) as net_minor,
        coalesce(
            sum(entries.net_minor) filter (where entries.day_number > night.day_number - 30), 0
        ) as net_minor_30d
    from entries
    inner join night as nights on {{ is_in_night(look_back_days()) }}
    inner join night on true
    group by 1, 2

),

decided as (

    select
        segments.*,
        features.recency_days,
        features.frequency,
        features.monetary,
        features.tenure_days,
        features.mean_basket,
        features.return_share,
        features.discount_share
    from segments
    inner join night on segments.day_at = night.day_at
    left join features
        on
            segments.customer_night_id = features.customer_night_id
            and segments.version = features.version
    where {{ is_latest('segments', 'customer_night_id') }}

),

newest_values as (

    select values_decided.*
    from values_decided
    inner join night on values_decided.day_at = night.day_at
    where {{ is_latest('values_decided', 'customer_night_id') }}

),

customers as (

    select
        coalesce(decided.merchant_id, revenues.merchant_id) as merchant_id,
        case
            when decided.segment is not null then decided.segment
            when decided.customer_id is null and revenues.customer_id is null then 'guests'
            else 'unsegmented'
        end as segment,
        decided.segment_name,
        coalesce(decided.customer_id, revenues.customer_id) as customer_id,
        coalesce(revenues.net_minor, 0) as net_minor,
        coalesce(revenues.net_minor_30d, 0) as net_minor_30d,
        decided.recency_days,
        decided.frequency,
        decided.monetary,
        decided.tenure_days,
        decided.mean_basket,
        decided.return_share,
        decided.discount_share,
        newest_values.p_active,
        newest_values.expected_purchases_30d,
        newest_values.expected_spend_30d,
        newest_values.expected_spend_90d
    from decided
    full outer join revenues
        on decided.merchant_id = revenues.merchant_id and decided.customer_id = revenues.customer_id
    left join newest_values on decided.customer_night_id = newest_values.customer_night_id

)

select
    customers.merchant_id,
    night.day_at,
    customers.segment,
    coalesce(max(customers.segment_name), customers.segment) as segment_name,
    count(customers.customer_id) as customers,
    count(customers.customer_id)::double precision
    / nullif(sum(count(customers.customer_id)) over merchants, 0) as customer_share,
    sum(customers.net_minor)::bigint as revenue_minor,
    sum(customers.net_minor)::double precision
    / nullif(sum(sum(customers.net_minor)) over merchants, 0)::double precision as revenue_share,
    sum(customers.net_minor_30d)::bigint as revenue_30d_minor,
    avg(customers.recency_days)::double precision as recency_days_mean,
    avg(customers.frequency)::double precision as frequency_mean,
    avg(customers.monetary)::double precision as monetary_mean,
    percentile_cont(0.5) within group (order by customers.monetary) as monetary_median,
    avg(customers.tenure_days)::double precision as tenure_days_mean,
    avg(customers.mean_basket)::double precision as basket_mean,
    avg(customers.return_share)::double precision as return_share_mean,
    avg(customers.discount_share)::double precision as discount_share_mean,
    avg(customers.p_active)::double precision as p_active_mean,
    sum(customers.expected_purchases_30d) as expected_purchases_30d,
    sum(customers.expected_spend_30d) as expected_spend_30d,
    sum(customers.expected_spend_90d) as expected_spend_90d
from customers
cross join night
group by 1, 2, 3
window merchants as (partition by customers.merchant_id)
