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
    told.place,
    told.reason ->> 'code' as reason_code,
    told.reason ->> 'origin' as origin,
    told.reason ->> 'feature' as feature,
    told.reason ->> 'text' as analyst_text,
    told.reason ->> 'applicant_text' as applicant_text,
    (told.reason ->> 'weight')::double precision as weight,
    decisions.decided_at
from decisions
cross join
    lateral jsonb_array_elements(decisions.reasons) with ordinality as told (reason, place)
where {{ is_latest('decisions', 'application_id') }}
