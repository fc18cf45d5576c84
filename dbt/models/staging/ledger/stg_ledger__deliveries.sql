with

source as (

    select * from {{ source('ledger', 'deliveries') }}

),

renamed as (

    select
        -- ids
        delivery_id,
        delivery_seq,

        -- strings
        feed,

        -- numerics
        rows_admitted,

        -- timestamps
        first_occurred_at,
        last_occurred_at,
        known_at

    from source
    where state = 'admitted'

)

select * from renamed
