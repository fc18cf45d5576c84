with

runs as (

    select * from {{ source('decisions', 'runs') }}

)

select
    run_id,
    job,
    kind,
    state,
    window_start,
    window_end,
    requested_by,
    reason,
    models,
    policy_version,
    policy_sha256,
    feature_view,
    code_version,
    lock_sha256,
    known_at_cutoff,
    rows_claimed,
    rows_scored,
    rows_degraded,
    rows_published,
    parquet,
    failure,
    claimed_at,
    scored_at,
    validated_at,
    published_at,
    failed_at
from runs
