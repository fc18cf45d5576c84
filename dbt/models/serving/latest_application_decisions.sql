with

decisions as not materialized (

    select * from {{ source('decisions', 'application_decisions') }}

),

runs as not materialized (

    select * from {{ source('decisions', 'runs') }}

)

select
    {{ decided_application('decisions', 'runs') }}
from decisions
left join runs on decisions.run_id = runs.run_id
where {{ is_latest('decisions', 'application_id') }}
