with

segments as not materialized (

    select * from {{ source('decisions', 'customer_segments') }}

),

-- a night without a move says nothing new
moves as (

    select
        segments.*,
        lead(segments.day_at) over (
            partition by segments.merchant_id, segments.customer_id order by segments.day_at
        ) as next_day_at
    from segments
    where
        segments.move_reason is not null
        and segments.segment is not null
        and {{ is_latest('segments', 'customer_night_id') }}

)

select
    merchant_id,
    customer_id,
    segment,
    segment_name,
    previous_segment,
    move_reason,
    day_at as valid_from,
    next_day_at as valid_until,
    own_distance,
    runner_up,
    runner_up_distance,
    model_version,
    run_id,
    decided_at
from moves
