with

decisions as not materialized (

    select * from {{ ref('shadow_decisions') }}

),

named as not materialized (

    select
        decisions.decision_id,
        decisions.model,
        decisions.champion_version,
        decisions.challenger_version,
        decisions.event_day,
        decisions.segment,
        reason.value ->> 'code' as reason_code,
        true as is_of_champion
    from decisions
    cross join jsonb_array_elements(decisions.champion_reasons) as reason (value)
    union all
    select
        decisions.decision_id,
        decisions.model,
        decisions.champion_version,
        decisions.challenger_version,
        decisions.event_day,
        decisions.segment,
        reason.value ->> 'code' as reason_code,
        false as is_of_champion
    from decisions
    cross join jsonb_array_elements(decisions.challenger_reasons) as reason (value)

),

reasons as not materialized (

    select
        model,
        champion_version,
        challenger_version,
        event_day,
        segment,
        reason_code,
        bool_or(is_of_champion) as is_of_champion,
        bool_or(not is_of_champion) as is_of_challenger
    from named
    group by
        model, champion_version, challenger_version, event_day, segment, reason_code, decision_id

)

select
    model,
    champion_version,
    challenger_version,
    event_day,
    segment,
    reason_code,
    count(*) filter (where is_of_champion and is_of_challenger) as stays_count,
    count(*) filter (where not is_of_champion) as appears_count,
    count(*) filter (where not is_of_challenger) as disappears_count
from reasons
group by model, champion_version, challenger_version, event_day, segment, reason_code
