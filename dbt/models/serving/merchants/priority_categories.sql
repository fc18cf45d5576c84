with

night as (

    select * from {{ ref('fct_newest_night') }}

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

members as not materialized (

    select
        segments.merchant_id,
        segments.customer_id,
        segments.day_at,
        segments.segment,
        segments.segment_name,
        features.frequency,
        values_decided.expected_purchases_30d as expected_visits_30d
    from segments
    inner join night on segments.day_at = night.day_at
    left join features
        on
            segments.customer_night_id = features.customer_night_id
            and segments.version = features.version
    left join values_decided
        on
            segments.customer_night_id = values_decided.customer_night_id
            and {{ is_latest('values_decided', 'customer_night_id') }}
    where {{ is_latest('segments', 'customer_night_id') }}

),

segment_visits as not materialized (

    select
        merchant_id,
        segment,
        sum(frequency) as frequency,
        sum(expected_visits_30d) as expected_visits_30d
    from members
    group by 1, 2

),

counted as not materialized (

    select
        categories.merchant_id,
        categories.day_at,
        'segment' as grain,
        categories.segment,
        categories.segment_name,
        null as customer_id,
        categories.category,
        categories.shape,
        categories.rate,
        categories.merchant_share,
        categories.mean_minor,
        categories.purchases,
        categories.customers,
        categories.net_minor,
        segment_visits.expected_visits_30d
        * categories.segment_purchases / nullif(segment_visits.frequency, 0) as expected_purchases
    from {{ ref('fct_segment_categories') }} as categories
    left join segment_visits
        on
            categories.merchant_id = segment_visits.merchant_id
            and categories.segment = segment_visits.segment

    union all

    select
        categories.merchant_id,
        categories.day_at,
        'customer' as grain,
        members.segment,
        members.segment_name,
        categories.customer_id,
        categories.category,
        categories.shape,
        categories.rate,
        categories.merchant_share,
        categories.mean_minor,
        categories.purchases,
        (categories.purchases > 0)::integer::bigint as customers,
        categories.net_minor,
        members.expected_visits_30d * categories.customer_purchases / nullif(members.frequency, 0)
            as expected_purchases
    from members
    inner join {{ ref('fct_customer_categories') }} as categories
        on
            members.merchant_id = categories.merchant_id
            and members.customer_id = categories.customer_id
            and members.day_at = categories.day_at

),

described as not materialized (

    select
        *,
        shape / rate as expected_share,
        shape / rate / merchant_share as lift,
        {{ gamma_bound('shape', 'rate', -1.96) }} / merchant_share as lift_low,
        {{ gamma_bound('shape', 'rate', 1.96) }} / merchant_share as lift_high,
        expected_purchases * shape / rate as expected_purchases_30d,
        -- the mean amount of the group, shrunken to that of the merchant by 5 purchases
        expected_purchases * shape / rate
        * {{ major_units('(net_minor + 5 * mean_minor) / (purchases + 5)') }} as expected_spend_30d
    from counted

)

select
    merchant_id,
    day_at,
    grain,
    segment,
    segment_name,
    customer_id,
    category,
    row_number() over (choices order by expected_share desc, category asc) as priority_rank,
    row_number() over (choices order by lift_low desc, category asc) as lift_rank,
    row_number() over (choices order by expected_spend_30d desc nulls last, category asc)
        as spend_rank,
    expected_share,
    merchant_share,
    lift,
    lift_low,
    lift_high,
    purchases as support_purchases,
    customers as support_customers,
    expected_purchases_30d,
    expected_spend_30d
from described
window choices as (partition by merchant_id, grain, segment, customer_id)
