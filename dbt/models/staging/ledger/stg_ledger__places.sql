with

source as (

    select * from {{ source('ledger', 'places') }}

),

renamed as (

    select
        -- ids
        location_code,
        version,
        delivery_seq,

        -- strings
        time_zone,
        country_code,

        -- numerics
        latitude,
        longitude,

        -- timestamps
        known_at

    from source

)

select * from renamed
