with

transactions as not materialized (

    select * from {{ ref('fct_shadow_transactions') }}

),

applications as not materialized (

    select * from {{ ref('fct_shadow_applications') }}

)

select
    model,
    champion_version,
    challenger_version,
    run_id,
    decision_id,
    event_time,
    event_day,
    segment,
    amount as base_amount,
    champion_status,
    challenger_status,
    champion_score,
    challenger_score,
    champion_decision,
    challenger_decision,
    champion_reasons,
    challenger_reasons
from transactions
union all
select
    model,
    champion_version,
    challenger_version,
    run_id,
    decision_id,
    event_time,
    event_day,
    segment,
    amount as base_amount,
    champion_status,
    challenger_status,
    champion_score,
    challenger_score,
    champion_decision,
    challenger_decision,
    champion_reasons,
    challenger_reasons
from applications
