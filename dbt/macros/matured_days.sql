{#-
    Whole days of one entity: its fraud rates over windows that ended a maturity ago, and its rows
    over the days right before the row's day.
-#}
{% macro matured_days_of(entity, name, rate_windows, count_windows=[]) -%}
with

pending as not materialized (

    select * from {{ ref('int_transactions_queued') }}

),

booked as not materialized (

    select * from {{ ref('int_' ~ name ~ '_days_booked') }}

),

frauds as not materialized (

    select * from {{ ref('int_frauds_booked') }}

),

{{ asked_days(entity) }},

counted as (

    select
        asked.*,
        sums.*
    from asked
    cross join lateral (
        select
            {{ day_counts(count_windows) }}{{ ',' if count_windows }}
            {{ matured_counts('entries.transaction_count', 'matured_count', rate_windows) }}
        {{ entries_asked_for('booked', entity, 30 + maturity_days() | int) }}
    ) as sums

),

-- frauds are few: Postgres may begin with them, where so many questions are asked
frauds_counted as (

    select
        asked.{{ entity }},
        asked.day_number,
        asked.as_of,
        {{ matured_counts('entries.fraud_count', 'fraud_count', rate_windows) }}
    from asked
    inner join frauds as entries
        on
            asked.{{ entity }} = entries.{{ entity }}
            and entries.day_number between asked.day_number - {{ 30 + maturity_days() | int }}
            and asked.day_number - 1
            and asked.as_of >= entries.known_at
    group by asked.{{ entity }}, asked.day_number, asked.as_of

)

select
    asking.row_id,
    {{ day_count_columns(name, count_windows) }}{{ ',' if count_windows }}
    {{ fraud_rate_columns(name, rate_windows) }}
from asking
left join counted
    on
        asking.{{ entity }} = counted.{{ entity }}
        and asking.day_number = counted.day_number
        and asking.as_of = counted.as_of
left join frauds_counted
    on
        asking.{{ entity }} = frauds_counted.{{ entity }}
        and asking.day_number = frauds_counted.day_number
        and asking.as_of = frauds_counted.as_of
{%- endmacro %}
