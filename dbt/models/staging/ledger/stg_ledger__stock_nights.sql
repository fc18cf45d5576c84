with

source as (

    select * from {{ source('ledger', 'stock_nights') }}

),

renamed as (

    select
        -- ids
        stock_night_id,
        version,
        delivery_seq,
        merchant_id,
        product_id,

        -- booleans
        is_history,

        -- timestamps
        day_at,
        known_at

    from source

)

select * from renamed
