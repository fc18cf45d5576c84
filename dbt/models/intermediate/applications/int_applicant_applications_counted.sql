with

pending as (

    select * from {{ ref('int_applications_queued') }}

),

applications as not materialized (

    select * from {{ ref('stg_ledger__applications') }}

),

labels as not materialized (

    select * from {{ ref('stg_ledger__application_labels') }}

),

-- in the version that was known when the row became known
earlier as (

    select
        pending.row_id,
        pending.applied_at as asked_at,
        applications.application_id,
        applications.applied_at
    from pending
    inner join applications
        on
            pending.customer_id = applications.customer_id
            and pending.application_id <> applications.application_id
            and pending.applied_at > applications.applied_at
            and pending.known_at >= applications.known_at
            and pending.ledger_seq >= applications.delivery_seq
    where
        not exists (
            select 1
            from applications as newer
            where
                newer.application_id = applications.application_id
                and newer.version > applications.version
                and newer.known_at <= pending.known_at
        )

),

counted as (

    select
        row_id,
        count(*) as applicant_application_count
    from earlier
    group by row_id

),

-- what was said of each, last of all before somebody applied again
told as (

    select distinct on (earlier.row_id, earlier.application_id)
        earlier.row_id,
        earlier.application_id,
        earlier.applied_at,
        labels.is_default
    from earlier
    inner join labels
        on
            earlier.application_id = labels.application_id
            and earlier.asked_at >= labels.known_at
    order by
        earlier.row_id asc, earlier.application_id asc,
        labels.known_at desc, labels.provenance_rank asc, labels.version desc

),

last_closed as (

    select distinct on (row_id)
        row_id,
        is_default
    from told
    where is_default is not null
    order by row_id asc, applied_at desc, application_id desc

)

select
    counted.row_id,
    counted.applicant_application_count,
    case
        when last_closed.is_default then 'bad'
        when not last_closed.is_default then 'good'
        else 'open'
    end as applicant_last_outcome
from counted
left join last_closed on counted.row_id = last_closed.row_id
