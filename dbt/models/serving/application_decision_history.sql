with

decisions as not materialized (

    select * from {{ source('decisions', 'application_decisions') }}

),

runs as not materialized (

    select * from {{ source('decisions', 'runs') }}

)

select
    {{ decided_application('decisions', 'runs') }},
    runs.kind as run_kind,
    runs.reason as restated_because,
    runs.published_at as valid_from,
    newer_runs.published_at as valid_until
from decisions
left join runs on decisions.run_id = runs.run_id
-- the partial index on later revisions answers this; most decisions have none
left join decisions as newer
    on
        decisions.application_id = newer.application_id
        and decisions.revision + 1 = newer.revision
        and newer.revision > 0
left join runs as newer_runs on newer.run_id = newer_runs.run_id
