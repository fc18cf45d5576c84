with

source as (

    select * from {{ source('ledger', 'transaction_versions') }}

),

renamed as (

    select
        -- ids
        transaction_id,
        version,
        delivery_seq,
        customer_id,

        -- timestamps
        occurred_at,
        known_at

    from source

)

select * from renamed
