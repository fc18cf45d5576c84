with

source as (

    select * from {{ source('ledger', 'merchants') }}

),

renamed as (

    select
        -- ids
        merchant_id,
        version,
        delivery_seq,

        -- strings
        category,
        location_code,

        -- numerics
        latitude,
        longitude,

        -- dates
        opened_on,

        -- timestamps
        valid_from,
        known_at

    from source

)

select * from renamed
