with

source as (

    select * from {{ source('ledger', 'promotions') }}

),

renamed as (

    select
        -- ids
        promotion_id,
        version,
        delivery_seq,
        merchant_id,
        product_id,

        -- strings
        channel,

        -- numerics
        price_base_minor as price_minor,

        -- dates
        starts_on,
        ends_on,

        -- booleans
        is_history,

        -- timestamps
        announced_at,
        known_at

    from source

)

select * from renamed
