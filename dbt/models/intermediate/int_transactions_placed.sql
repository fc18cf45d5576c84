with

pending as (

    select * from {{ ref('int_transactions_queued') }}

),

past as (

    select * from {{ ref('int_customer_past_described') }}

),

merchants as (

    select * from {{ ref('int_merchants_recalled') }}

),

customers as (

    select * from {{ ref('int_customers_recalled') }}

),

places as (

    select * from {{ ref('int_places_recalled') }}

),

-- the place on the row, or that of the merchant; a code before coordinates
located as (

    select
        pending.row_id,
        pending.occurred_at,
        pending.known_at,
        {{ merchants_location_code('pending', 'merchants') }} as current_code,
        {{ merchants_degrees('latitude', 'pending', 'merchants') }} as current_latitude,
        {{ merchants_degrees('longitude', 'pending', 'merchants') }} as current_longitude,
        pending.merchant_latitude,
        pending.merchant_longitude,
        pending.customer_latitude,
        pending.customer_longitude,
        customers.location_code as home_code,
        customers.latitude as home_latitude,
        customers.longitude as home_longitude,
        {{ place_part('past.previous_place', 1) }} as previous_code,
        {{ place_part('past.previous_place', 2) }}::double precision as previous_latitude,
        {{ place_part('past.previous_place', 3) }}::double precision as previous_longitude,
        {{ days_since('customers.opened_on', 'pending') }} as customer_tenure_days,
        {{ days_since('merchants.opened_on', 'pending') }} as merchant_tenure_days,
        case
            when past.previous_at >= pending.occurred_at - interval '720 hours'
                then
                    extract(
                        epoch from pending.occurred_at - past.previous_at
                    )::double precision
        end as seconds_since_previous
    from pending
    left join past on pending.row_id = past.row_id
    left join merchants on pending.row_id = merchants.row_id
    left join customers on pending.row_id = customers.row_id

),

positions as (

    select
        located.row_id,
        located.seconds_since_previous,
        located.customer_tenure_days,
        located.merchant_tenure_days,
        located.occurred_at at time zone coalesce(
            current_places.time_zone,
            homes.time_zone,
            '{{ var("source_time_zone", "UTC") }}'
        ) as local_time,
        current_places.country_code <> homes.country_code as is_foreign,
        {% for degrees in ['latitude', 'longitude'] -%}
            coalesce(current_places.{{ degrees }}, located.current_{{ degrees }})
                as current_{{ degrees }},
            coalesce(previous_places.{{ degrees }}, located.previous_{{ degrees }})
                as previous_{{ degrees }},
            coalesce(
                located.customer_{{ degrees }}, homes.{{ degrees }}, located.home_{{ degrees }}
            ) as customer_{{ degrees }},
            coalesce(
                located.merchant_{{ degrees }},
                current_places.{{ degrees }},
                located.current_{{ degrees }}
            ) as merchant_{{ degrees }}{{ ',' if not loop.last }}
        {% endfor %}
    from located
    left join places as current_places
        on {{ is_place('current_places', 'located.current_code', 'located') }}
    left join places as previous_places
        on {{ is_place('previous_places', 'located.previous_code', 'located') }}
    left join places as homes on {{ is_place('homes', 'located.home_code', 'located') }}

),

distances as (

    select
        positions.*,
        {{ kilometres('previous', 'current') }} as kilometres
    from positions

)

select
    row_id,
    extract(hour from local_time)::integer as local_hour,
    extract(isodow from local_time) in (6, 7) as is_weekend,
    extract(hour from local_time) <= 6 as is_night,
    seconds_since_previous as customer_seconds_since_previous,
    case when seconds_since_previous is not null then kilometres end
        as customer_km_since_previous,
    kilometres / (seconds_since_previous / 3600) as customer_kmh_since_previous,
    {{ kilometres('customer', 'merchant') }} as customer_merchant_km,
    is_foreign,
    customer_tenure_days,
    merchant_tenure_days
from distances
