with

shadow_runs as not materialized (

    select * from {{ source('decisions', 'shadow_runs') }}

),

runs as not materialized (

    select * from {{ source('decisions', 'runs') }}

)

select
    shadow_runs.run_id,
    shadow_runs.job,
    shadow_runs.model,
    shadow_runs.version as challenger_version,
    shadow_runs.sha256 as challenger_sha256,
    runs.window_start,
    runs.window_end,
    shadow_runs.state,
    shadow_runs.rows_published,
    shadow_runs.rows_decided,
    shadow_runs.seconds,
    shadow_runs.failure,
    shadow_runs.claimed_at,
    shadow_runs.ended_at
from shadow_runs
inner join runs on shadow_runs.run_id = runs.run_id
