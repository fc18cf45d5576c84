with

night as (

    select * from {{ ref('fct_newest_night') }}

),

segments as not materialized (

    select * from {{ source('decisions', 'customer_segments') }}

),

newest as (

    select segments.*
    from segments
    inner join night on segments.day_at = night.day_at
    where {{ is_latest('segments', 'customer_night_id') }}

),

earlier as (

    select segments.*
    from segments
    inner join night on segments.day_at = night.day_at - interval '30 days'
    where {{ is_latest('segments', 'customer_night_id') }}

),

-- the reason of a customer's newest move of the 30 nights
moves as (

    select
        segments.merchant_id,
        segments.customer_id,
        (array_agg(segments.move_reason order by segments.day_at desc))[1] as move_reason
    from segments
    inner join night
        on
            segments.day_at > night.day_at - interval '30 days'
            and segments.day_at <= night.day_at
    where segments.move_reason is not null and {{ is_latest('segments', 'customer_night_id') }}
    group by 1, 2

)

select
    newest.merchant_id,
    newest.day_at,
    earlier.segment as from_segment,
    newest.segment as to_segment,
    case
        when coalesce(earlier.segment, '') <> coalesce(newest.segment, '') then moves.move_reason
    end as move_reason,
    count(*) as customers,
    count(*)::double precision / sum(count(*)) over (
        partition by newest.merchant_id, earlier.segment
    ) as share_of_from
from newest
left join earlier
    on newest.merchant_id = earlier.merchant_id and newest.customer_id = earlier.customer_id
left join moves
    on newest.merchant_id = moves.merchant_id and newest.customer_id = moves.customer_id
group by 1, 2, 3, 4, 5
