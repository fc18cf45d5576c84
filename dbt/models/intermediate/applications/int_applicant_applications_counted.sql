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

-- in the version known when the pending row became known
earlier_applications as (

    select
        pending.row_id,
        pending.applied_at as reference_at,
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

counts as (

    select
        row_id,
        count(*) as applicant_application_count
    from earlier_applications
    group by row_id

),

-- per earlier application, the newest label known before the pending application
newest_labels as (

    select distinct on (earlier_applications.row_id, earlier_applications.application_id)
        earlier_applications.row_id,
        earlier_applications.application_id,
        earlier_applications.applied_at,
        labels.is_default
    from earlier_applications
    inner join labels
        on
            earlier_applications.application_id = labels.application_id
            and earlier_applications.reference_at >= labels.known_at
    order by
        earlier_applications.row_id asc, earlier_applications.application_id asc,
        labels.known_at desc, labels.provenance_rank asc, labels.version desc

),

last_closed_loans as (

    select distinct on (row_id)
        row_id,
        is_default
    from newest_labels
    where is_default is not null
    order by row_id asc, applied_at desc, application_id desc

)

select
    counts.row_id,
    counts.applicant_application_count,
    case
        when last_closed_loans.is_default then 'bad'
        when not last_closed_loans.is_default then 'good'
        else 'open'
    end as applicant_last_outcome
from counts
left join last_closed_loans on counts.row_id = last_closed_loans.row_id
