with

decisions as not materialized (

    select * from {{ source('decisions', 'transaction_decisions') }}

),

features as not materialized (

    select * from {{ ref('feat_transactions') }}

)

select
    {{ decided_transaction('decisions', 'features') }}
from decisions
left join features
    on
        decisions.transaction_id = features.transaction_id
        and decisions.version = features.version
where
    -- the partial index on later revisions answers this; most decisions have none
    not exists (
        select 1
        from decisions as newer
        where
            newer.transaction_id = decisions.transaction_id
            and newer.revision > decisions.revision
            and newer.revision > 0
    )
