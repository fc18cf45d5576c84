with

source as (

    select * from {{ source('ledger', 'stock_movements') }}

),

renamed as (

    select
        -- ids
        stock_movement_id,
        version,
        delivery_seq,
        merchant_id,
        product_id,

        -- strings
        location,
        to_location,
        movement,

        -- numerics
        quantity,

        -- booleans
        is_history,

        -- timestamps
        occurred_at,
        known_at

    from source

)

select * from renamed
