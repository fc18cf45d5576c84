with

source as (

    select * from {{ source('ledger', 'customer_nights') }}

),

renamed as (

    select
        -- ids
        customer_night_id,
        version,
        delivery_seq,
        merchant_id,
        customer_id,

        -- booleans
        is_history,

        -- timestamps
        day_at,
        known_at

    from source

)

select * from renamed
