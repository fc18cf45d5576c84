with

source as (

    select * from {{ source('ledger', 'card_nights') }}

),

renamed as (

    select
        -- ids
        delivery_seq,

        -- booleans
        is_history,

        -- timestamps
        day_at,
        known_at

    from source

)

select * from renamed
