with

decisions as not materialized (

    select * from {{ ref('shadow_decisions') }}

),

compared as not materialized (

    select
        decisions.*,
        {{ strictness('decisions.challenger_decision') }}
        - {{ strictness('decisions.champion_decision') }} as stricter_by,
        decisions.challenger_score - decisions.champion_score as score_difference,
        {{ codes_of('decisions.champion_reasons') }}
        <> {{ codes_of('decisions.challenger_reasons') }} as has_other_reasons
    from decisions

)

select
    model,
    champion_version,
    challenger_version,
    event_day,
    segment,
    count(*) as decision_count,
    count(*) filter (where challenger_status <> 'ok') as degraded_count,
    count(*) filter (where stricter_by = 0) as agreeing_count,
    count(*) filter (where stricter_by > 0) as stricter_count,
    count(*) filter (where stricter_by < 0) as milder_count,
    count(*) filter (where has_other_reasons) as other_reasons_count,
    {{ rounded_money('coalesce(sum(base_amount), 0)') }} as total_amount,
    {{ rounded_money('coalesce(sum(base_amount) filter (where stricter_by > 0), 0)') }}
        as stricter_amount,
    {{ rounded_money('coalesce(sum(base_amount) filter (where stricter_by < 0), 0)') }}
        as milder_amount,
    count(*) filter (where stricter_by = 0)::double precision / count(*) as agreement,
    avg(score_difference) as mean_score_difference,
    avg(abs(score_difference)) as mean_absolute_score_difference
from compared
group by model, champion_version, challenger_version, event_day, segment
