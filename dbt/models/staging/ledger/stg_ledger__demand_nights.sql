with

source as (

    select * from {{ source('ledger', 'demand_nights') }}

),

renamed as (

    select
        -- ids
        demand_night_id,
        version,
        delivery_seq,
        merchant_id,
        product_id,

        -- strings
        channel,

        -- booleans
        is_history,

        -- timestamps
        day_at,
        known_at

    from source

)

select * from renamed
