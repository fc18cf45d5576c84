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
where {{ is_latest('decisions', 'transaction_id') }}
