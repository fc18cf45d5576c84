with

source as (

    select * from {{ source('ledger', 'stock_levels') }}

),

renamed as (

    select
        -- ids
        stock_level_id,
        version,
        delivery_seq,
        merchant_id,
        product_id,

        -- strings
        location,

        -- numerics
        on_hand,
        coalesce(reserved, 0) as reserved,

        -- dates
        expires_on,

        -- booleans
        is_history,

        -- timestamps
        counted_at,
        known_at

    from source

)

select * from renamed
