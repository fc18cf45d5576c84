{#-
    Whole days before the row's day, read from an entity's book. Rows of one entity and day share
    an answer unless an entry that they would read became known after one of them.

    Expects the CTEs pending and the named books; gives `asking` and `asked`.
-#}
{% macro asked_days(entity, books=['booked', 'frauds']) -%}
late as (

    {% for book in books -%}
        select
            {{ entity }},
            day_number,
            known_at
        from {{ book }}
        where is_late and known_at > (select min(known_at) from pending)
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

contested as (

    select distinct pending.row_id
    from pending
    inner join late
        on
            pending.{{ entity }} = late.{{ entity }}
            and pending.day_number > late.day_number
            and pending.known_at < late.known_at

),

asking as (

    select
        pending.row_id,
        pending.{{ entity }},
        pending.day_number,
        case when contested.row_id is null then 'infinity' else pending.known_at end as as_of
    from pending
    left join contested on pending.row_id = contested.row_id
    where pending.{{ entity }} is not null

),

asked as (

    select distinct
        {{ entity }},
        day_number,
        as_of
    from asking

)
{%- endmacro %}

{#-
    The entries of one book that one question may read, reaching `days` back: an index scan for each
    question, whose cost no length of history can change.
-#}
{% macro entries_asked_for(book, entity, days) -%}
    from {{ book }} as entries
    where
        entries.{{ entity }} = asked.{{ entity }}
        and entries.day_number between asked.day_number - {{ days }} and asked.day_number - 1
        and entries.known_at <= asked.as_of
{%- endmacro %}

{#- The sum over the days [D - first, D - last). -#}
{% macro over_days(measure, first, last=0) -%}
    sum({{ measure }}) filter (
        where
        entries.day_number >= asked.day_number - {{ first }}
        and entries.day_number < asked.day_number - {{ last }}
    )
{%- endmacro %}

{#- Counts over w days that ended a maturity ago: what fraud rates are rates of. -#}
{% macro matured_counts(measure, name, windows) -%}
    {% for days in windows -%}
        coalesce({{ over_days(measure, maturity_days() | int + days, maturity_days()) }}, 0)
            as {{ name }}_{{ days }}d{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- Counts over the whole days right before the row's day. -#}
{% macro day_counts(windows) -%}
    {% for days in windows -%}
        {{ over_days('entries.transaction_count', days) }} as transaction_count_{{ days }}d
        {{- ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{% macro day_count_columns(name, windows) -%}
    {% for days in windows -%}
        coalesce(counted.transaction_count_{{ days }}d, 0)
            as {{ name }}_transaction_count_{{ days }}d{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- Matured counts, frauds among them, and the rate; no rows, no rate. -#}
{% macro fraud_rate_columns(name, windows) -%}
    {% for days in windows -%}
        coalesce(counted.matured_count_{{ days }}d, 0) as {{ name }}_matured_count_{{ days }}d,
        coalesce(frauds_counted.fraud_count_{{ days }}d, 0) as {{ name }}_fraud_count_{{ days }}d,
        coalesce(frauds_counted.fraud_count_{{ days }}d, 0)::double precision
        / nullif(counted.matured_count_{{ days }}d, 0) as {{ name }}_fraud_rate_{{ days }}d
        {{- ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- A customer's whole days: the week, the 30 days, and the 30 days without the newest 14. -#}
{% macro customer_day_sums(windows) -%}
    {% for name, first, last in windows -%}
        {{ over_days('entries.transaction_count', first, last) }}
            as customer_transaction_count_{{ name }},
        {{ over_days('entries.priced_count', first, last) }} as customer_priced_count_{{ name }},
        {{ over_days('entries.amount_minor', first, last) }} as customer_amount_minor_{{ name }}
        {{- ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#-
    Whole days of one entity: its fraud rates over windows that ended a maturity ago, and its rows
    over the days right before the row's day.
-#}
{% macro matured_days_of(entity, name, rate_windows, count_windows=[]) -%}
with

pending as (

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

frauds_counted as (

    select
        asked.*,
        sums.*
    from asked
    cross join lateral (
        select
            {{ matured_counts('entries.fraud_count', 'fraud_count', rate_windows) }}
        {{ entries_asked_for('frauds', entity, 30 + maturity_days() | int) }}
    ) as sums

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
