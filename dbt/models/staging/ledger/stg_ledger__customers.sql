with

source as (

    select * from {{ source('ledger', 'customers') }}

),

renamed as (

    select
        -- ids
        customer_id,
        version,
        delivery_seq,

        -- strings
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
