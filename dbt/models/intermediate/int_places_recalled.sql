{{ config(materialized='ephemeral') }}

-- the seed, and the versions of the source's own places, each with the time in which it is the newest
with

versions as (

    select
        location_code,
        0 as version,
        timestamptz '-infinity' as known_at,
        latitude,
        longitude,
        time_zone,
        country_code
    from {{ ref('places') }}

    union all

    select
        places.location_code,
        places.version,
        places.known_at,
        places.latitude,
        places.longitude,
        places.time_zone,
        places.country_code
    from {{ ref('stg_ledger__places') }} as places
    where
        places.delivery_seq <= (
            select max(queued.ledger_seq) from {{ ref('int_transactions_queued') }} as queued
        )

),

spans as (

    select
        versions.*,
        versions.known_at as known_from,
        coalesce(
            min(versions.known_at) over (
                partition by versions.location_code order by versions.version
                rows between 1 following and unbounded following
            ),
            'infinity'
        ) as known_until
    from versions

)

select
    location_code,
    known_from,
    known_until,
    latitude::double precision as latitude,
    longitude::double precision as longitude,
    time_zone,
    country_code
from spans
where known_from < known_until
