with

decisions as not materialized (

    select * from {{ ref('shadow_decisions') }}

)

select
    model,
    champion_version,
    challenger_version,
    event_day,
    segment,
    champion_decision,
    challenger_decision,
    count(*) as decision_count,
    {{ rounded_money('coalesce(sum(base_amount), 0)') }} as total_amount
from decisions
group by
    model, champion_version, challenger_version, event_day, segment, champion_decision,
    challenger_decision
