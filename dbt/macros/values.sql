{#-
    Distinct values in [t - 24 h, t) without pairs of rows. The occurrences of one value form runs:
    each occurrence follows the previous one within 24 hours. A value lies in the window exactly if
    one of its runs starts before t and does not end before t - 24 h. Two running sums give the count.

    These expressions need the window clauses of `same_value_windows`.
-#}
{% macro same_value_windows(columns) -%}
    {% for column in columns -%}
        same_{{ column }} as (
            partition by reading_id, {{ column }} order by occurred_at
            range between unbounded preceding and interval '1 microsecond' preceding
        ){{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- 1 where a run of the row's value starts, otherwise 0. -#}
{% macro starts_run(column) -%}
    (
        {{ column }} is not null
        and coalesce(
            lag(occurred_at) over same_{{ column }} < occurred_at - interval '24 hours', true
        )
    )::integer
{%- endmacro %}

{#- 1 where a run of the row's value ends, otherwise 0. -#}
{% macro ends_run(column) -%}
    (
        {{ column }} is not null
        and coalesce(
            lead(occurred_at) over same_{{ column }} > occurred_at + interval '24 hours', true
        )
    )::integer
{%- endmacro %}

{#- The distinct values in [t - 24 h, t), from the columns <column>_starts and <column>_ends. -#}
{% macro distinct_in_past_24h(column) -%}
    coalesce(sum({{ column }}_starts) over before, 0)
    - coalesce(sum({{ column }}_ends) over before_past_24h, 0)
{%- endmacro %}

{#- Whether the row's own value occurred in the 24 hours before the row. -#}
{% macro was_used_24h(column) -%}
    coalesce({{ column }}_seen_at >= occurred_at - interval '24 hours', false)
{%- endmacro %}

{#- The share of the reading's rows of the 30 whole days before the row's day with its value. -#}
{% macro habit_frequency(column) -%}
    case
        when {{ column }} is not null
            then
                (count(*) over same_{{ column }})::double precision
                / nullif(count(*) over whole_30d, 0)
    end
{%- endmacro %}

{#- The noun of a value in the name of a feature: device_id becomes device. -#}
{% macro value_noun(column) -%}
    {{ column | replace('_id', '') | replace('_code', '') }}
{%- endmacro %}
