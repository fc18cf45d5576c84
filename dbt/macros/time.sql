{#- The UTC day of an instant, as a number; integer frames slide faster than interval frames. -#}
{% macro utc_day(instant) -%}
    (({{ instant }} at time zone 'UTC')::date - date '1970-01-01')
{%- endmacro %}

{#- The first instant of a numbered UTC day. -#}
{% macro day_start(day_number) -%}
    ((date '1970-01-01' + {{ day_number }})::timestamp at time zone 'UTC')
{%- endmacro %}

{#- The whole days after which the labels of a transaction count as complete. -#}
{% macro maturity_days() -%}
    {{ var('label_maturity_days', 7) | int }}
{%- endmacro %}

{#- Whole UTC days from a date to a row, at least 0; null without the date. -#}
{% macro days_since(date, row) -%}
    case
        when {{ date }} is not null
            then greatest(0, ({{ row }}.occurred_at at time zone 'UTC')::date - {{ date }})
    end
{%- endmacro %}

{#-
    The moment whose knowledge a session reads: its setting `vesper.as_of`, by default all. Views that
    name it ignore what became known later.
-#}
{% macro as_of() -%}
    coalesce(nullif(current_setting('vesper.as_of', true), '')::timestamptz, 'infinity')
{%- endmacro %}
