with

source as (

    select * from {{ source('ledger', 'purchase_orders') }}

),

renamed as (

    select
        -- ids
        purchase_order_id,
        version,
        delivery_seq,
        merchant_id,
        product_id,

        -- strings
        destination,

        -- numerics
        quantity,

        -- booleans
        is_history,

        -- timestamps
        ordered_at,
        expected_at,
        received_at,
        known_at

    from source

)

select * from renamed
