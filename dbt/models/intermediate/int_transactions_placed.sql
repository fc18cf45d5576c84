with

pending as (

    select * from {{ ref('int_transactions_queued') }}

),

past as (

    select * from {{ ref('int_customer_past_described') }}

),

places as (

    select * from {{ ref('places') }}

),

distances as (

    select
        pending.row_id,
        pending.occurred_at
        at time zone coalesce(current_places.time_zone, '{{ var("source_time_zone", "UTC") }}')
            as local_time,
        case
            when past.previous_at >= pending.occurred_at - interval '720 hours'
                then
                    extract(
                        epoch from pending.occurred_at - past.previous_at
                    )::double precision
        end as seconds_since_previous,
        {{ kilometres('previous_places', 'current_places') }} as kilometres
    from pending
    left join past on pending.row_id = past.row_id
    left join places as current_places on pending.location_code = current_places.location_code
    left join places as previous_places
        on past.previous_location_code = previous_places.location_code

)

select
    row_id,
    extract(hour from local_time)::integer as local_hour,
    extract(isodow from local_time) in (6, 7) as is_weekend,
    extract(hour from local_time) <= 6 as is_night,
    seconds_since_previous as customer_seconds_since_previous,
    case when seconds_since_previous is not null then kilometres end
        as customer_km_since_previous,
    kilometres / (seconds_since_previous / 3600) as customer_kmh_since_previous
from distances
