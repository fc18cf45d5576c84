{{ config(materialized='view') }}

with

runs as (

    select * from {{ source('decisions', 'runs') }}

),

nights as (

    select * from {{ ref('stg_ledger__sales_nights') }}

),

newest as (

    select max(window_start) as day_at
    from runs
    where job = 'segment_customers' and state = 'published' and rows_published > 0

)

select
    nights.day_at,
    {{ utc_day('nights.day_at') }} as day_number,
    nights.known_at
from newest
inner join nights on newest.day_at = nights.day_at
where not nights.is_history
