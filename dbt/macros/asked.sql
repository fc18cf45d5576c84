{#-
    Who the pending rows ask about: per customer, device or address, how far back they look, and up
    to when. A table of its own, for Postgres scans a table with all its workers and a CTE with one.
-#}
{% macro entities_asked_about(entity, reaches_to) -%}
with

pending as (

    select * from {{ ref('int_transactions_queued') }}

)

select
    {{ entity }},
    -- a row asks about one of them, so no two have the same
    min(row_id) as reading_id,
    min({{ reaches_to }}) as reaches_to,
    min(occurred_at) - interval '24 hours' as recent_from,
    max(occurred_at) as asked_until,
    {%- if entity != 'customer_id' %}
    case when min(customer_id) = max(customer_id) then min(customer_id) end as own_customer_id,
    {%- endif %}
    {{ is_paired() }} as is_paired
from pending
where {{ entity }} is not null
group by {{ entity }}
{%- endmacro %}

{#- Beyond the 30 whole days before its own, no feature of a customer looks. -#}
{% macro reaches_30_whole_days() -%}
    {{ day_start('day_number') }} - interval '720 hours'
{%- endmacro %}

{% macro reaches_24h() -%}
    occurred_at - interval '24 hours'
{%- endmacro %}
