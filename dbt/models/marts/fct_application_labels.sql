{{ config(materialized='view') }}

with

labels as not materialized (

    select * from {{ ref('stg_ledger__application_labels') }}

)

select
    application_id,
    version as label_version,
    outcome,
    is_default,
    is_policy_exception,
    known_at,
    provenance,
    provenance_rank
from labels
