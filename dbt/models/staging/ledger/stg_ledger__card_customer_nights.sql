with

source as (

    select * from {{ source('ledger', 'card_customer_nights') }}

),

renamed as (

    select
        -- ids
        card_customer_night_id,
        version,
        delivery_seq,
        customer_id,

        -- booleans
        is_history,

        -- timestamps
        day_at,
        known_at

    from source

)

select * from renamed
