with

events as (

    select * from {{ source('audit', 'policy_exceptions') }}

),

changed as (

    select * from {{ ref('excepted_decisions') }}

),

effects as (

    select
        exception_id,
        count(*) as changed_count,
        count(is_bad) as labelled_count,
        count(*) filter (where is_bad) as caught_count
    from changed
    group by exception_id

)

select
    proposals.exception_id,
    proposals.kind,
    proposals.customer_id,
    proposals.merchant_id,
    proposals.rule_id,
    case
        when withdrawals.event_id is not null then 'withdrawn'
        when proposals.effective_until <= clock_timestamp() then 'over'
        when approvals.event_id is null then 'proposed'
        when proposals.effective_from > clock_timestamp() then 'approved'
        else 'in force'
    end as state,
    proposals.effective_from,
    proposals.effective_until,
    proposals.person,
    proposals.reason,
    proposals.recorded_at as proposed_at,
    proposals.import_id,
    approvals.person as approver,
    approvals.reason as approved_because,
    approvals.recorded_at as approved_at,
    withdrawals.person as withdrawn_by,
    withdrawals.reason as withdrawn_because,
    withdrawals.recorded_at as withdrawn_at,
    coalesce(effects.changed_count, 0) as changed_count,
    coalesce(effects.labelled_count, 0) as labelled_count,
    coalesce(effects.caught_count, 0) as caught_count
from events as proposals
left join events as approvals
    on proposals.exception_id = approvals.exception_id and approvals.action = 'approve'
left join events as withdrawals
    on proposals.exception_id = withdrawals.exception_id and withdrawals.action = 'withdraw'
left join effects on proposals.exception_id = effects.exception_id
where proposals.action = 'propose'
