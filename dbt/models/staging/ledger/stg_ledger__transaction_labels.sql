with

source as (

    select * from {{ source('ledger', 'transaction_labels') }}

),

renamed as (

    select
        -- ids
        transaction_id,
        version,
        delivery_seq,

        -- strings
        provenance,
        source,

        -- numerics
        {{ provenance_rank('provenance') }} as provenance_rank,

        -- booleans
        is_fraud,

        -- timestamps
        known_at

    from source

)

select * from renamed
