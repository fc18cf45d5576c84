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
where
    -- the partial index on later revisions answers this; most decisions have none
    not exists (
        select 1
        from decisions as newer
        where
            newer.application_id = decisions.application_id
            and newer.revision > decisions.revision
            and newer.revision > 0
    )
