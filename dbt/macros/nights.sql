{#-
    Nights describe a whole UTC day for all customers of a look-back. A night is built once, as a
    whole: its day is pending until the feature table has a row of it.
-#}

{#- The days of sales that a night reads, its own day included; the views have the same number. -#}
{% macro look_back_days() -%}
    400
{%- endmacro %}

{#- The days of card spending that a night reads, its own day included. -#}
{% macro card_days() -%}
    90
{%- endmacro %}

{#-
    Whether the day of a night is pending, as a list of constants: the views of the population then
    read the look-backs of these nights only. A night waits until the books have read its delivery.
    A rebuild names its nights itself.
-#}
{% macro is_night_queued(nights, mart, books) -%}
    {%- set is_rebuild = var('rebuild', false) -%}
    {%- set features = none if is_rebuild else built_features(mart) -%}
    {%- set conditions = ['true'] -%}
    {%- if features -%}
        {%- do conditions.append(
            'not exists (select from ' ~ features ~ ' as features'
            ~ ' where features.day_at = nights.day_at)'
        ) -%}
    {%- endif -%}
    {%- for book in books if not is_rebuild -%}
        {%- do conditions.append(
            'nights.delivery_seq <= (select max(booked_seq) from ' ~ book ~ ')'
        ) -%}
    {%- endfor -%}
    {%- set days = run_query(
        'select distinct nights.day_at::text from '
        ~ ('rebuilt.asked' if is_rebuild else nights) ~ ' as nights where '
        ~ conditions | join(' and ') ~ ' order by 1'
    ).columns[0].values() if execute else [] -%}
    {%- if days -%}
        nights.day_at in (
            {%- for day in days %}timestamptz '{{ day }}'{{ ', ' if not loop.last }}{% endfor -%}
        )
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}

{#- Whether a rebuild asks for a row; every row of a pending night otherwise. -#}
{% macro is_asked(id) -%}
    {%- if var('rebuild', false) -%}
        exists (select 1 from rebuilt.asked as asked where asked.{{ id }} = nights.{{ id }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- Whether a booked day lies in a look-back of any pending night, as constants for the index. -#}
{% macro is_in_reach(queue, days, row='entries') -%}
    {%- set reach = run_query(
        'select coalesce(min(day_number), 0) - ' ~ days ~ ' + 1, coalesce(max(day_number), -36500)'
        ~ ' from ' ~ queue
    ).rows[0] if execute else [0, 0] -%}
    {{ row }}.day_number between {{ reach[0] }} and {{ reach[1] }}
{%- endmacro %}

{#- Whether an entry belongs to a night: known by then, on one of the days that end with it. -#}
{% macro is_in_night(days) -%}
    entries.day_number <= nights.day_number
    and entries.day_number > nights.day_number - {{ days }}
    and entries.known_at <= nights.known_at
{%- endmacro %}

{#- The day of an entry is a Saturday or a Sunday; day 0 was a Thursday. -#}
{% macro is_weekend(day_number) -%}
    ({{ day_number }} + 3) % 7 >= 5
{%- endmacro %}

{#- Whether the customer ids of shops and cards mean the same person; the sources declare it. -#}
{% macro are_ids_shared() -%}
    {{ 'true' if var('customer_ids_are_shared', 0) | int == 1 else 'false' }}
{%- endmacro %}

{#- Delete the rows of a model that belong to the merchants of the pending nights. -#}
{% macro forget_merchants(queue) -%}
    delete from {{ this }} where merchant_id in (select queue.merchant_id from {{ queue }} as queue)
{%- endmacro %}
