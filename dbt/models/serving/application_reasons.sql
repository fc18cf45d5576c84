with

decisions as not materialized (

    select * from {{ source('decisions', 'application_decisions') }}

)

select
    'applications/' || decisions.application_id || '/' || decisions.revision as decision_id,
    decisions.application_id,
    decisions.revision,
    decisions.customer_id,
    decisions.decision,
    decisions.is_counter_offer,
    reasons.place,
    reasons.reason ->> 'code' as reason_code,
    reasons.reason ->> 'origin' as origin,
    reasons.reason ->> 'feature' as feature,
    reasons.reason ->> 'text' as analyst_text,
    reasons.reason ->> 'applicant_text' as applicant_text,
    (reasons.reason ->> 'weight')::double precision as weight,
    decisions.decided_at
from decisions
cross join
    lateral jsonb_array_elements(decisions.reasons) with ordinality as reasons (reason, place)
where {{ is_latest('decisions', 'application_id') }}
