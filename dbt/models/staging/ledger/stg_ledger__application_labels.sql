with

source as (

    select * from {{ source('ledger', 'application_labels') }}

),

renamed as (

    select
        -- ids
        application_id,
        version,
        delivery_seq,

        -- strings
        outcome,
        provenance,
        source,

        -- numerics
        {{ provenance_rank('provenance') }} as provenance_rank,

        -- booleans
        is_default,
        is_policy_exception,

        -- timestamps
        known_at

    from source

)

select * from renamed
