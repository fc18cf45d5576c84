{#-
    Distinct values in [t - 24 h, t) without pairs of rows. Occurrences of one value form runs, in
    which each follows the one before within 24 hours. A value stands in the window exactly if a run
    of it started before t and has not ended before t - 24 h: two running sums give the count.
-#}
{% macro traced_values(columns) -%}
    {% for column in columns -%}
        max(occurred_at) over same_{{ column }} as {{ column }}_seen_at,
        (
            {{ column }} is not null
            and coalesce(
                lag(occurred_at) over same_{{ column }} < occurred_at - interval '24 hours', true
            )
        )::integer as {{ column }}_starts,
        (
            {{ column }} is not null
            and coalesce(
                lead(occurred_at) over same_{{ column }} > occurred_at + interval '24 hours', true
            )
        )::integer as {{ column }}_ends{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{% macro traced_windows(columns) -%}
    {% for column in columns -%}
        same_{{ column }} as (
            partition by reading_id, {{ column }} order by occurred_at
            range between unbounded preceding and interval '1 microsecond' preceding
        ){{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{% macro distinct_in_past_24h(column) -%}
    coalesce(sum({{ column }}_starts) over before, 0)
    - coalesce(sum({{ column }}_ends) over before_past_24h, 0)
{%- endmacro %}

{#- Whether the row's own value occurred in the 24 hours before it. -#}
{% macro was_used_24h(column) -%}
    coalesce({{ column }}_seen_at >= occurred_at - interval '24 hours', false)
{%- endmacro %}

{#- When a reading last showed each value, among the rows that are older than 24 hours. -#}
{% macro earlier_values(columns) -%}
{% for column in columns -%}
earlier_{{ column }} as (

    select
        reading_id,
        {{ column }},
        max(occurred_at) as seen_at
    from recalled
    where not is_paired and not is_recent and {{ column }} is not null
    group by reading_id, {{ column }}

){{ ',' if not loop.last }}
{% endfor %}
{%- endmacro %}

{% macro joined_to_earlier(columns) -%}
    {% for column in columns -%}
        left join earlier_{{ column }}
            on
                counted.reading_id = earlier_{{ column }}.reading_id
                and counted.{{ column }} = earlier_{{ column }}.{{ column }}
    {% endfor %}
{%- endmacro %}

{#- Unseen in the 30 days before the row's day and earlier that day; null where there is no value. -#}
{% macro is_new(column) -%}
    case
        when counted.{{ column }} is not null
            then coalesce(
                greatest(counted.{{ column }}_seen_at, earlier_{{ column }}.seen_at)
                < {{ day_start('counted.day_number') }} - interval '720 hours', true
            )
    end
{%- endmacro %}

{#- What a value is called in the name of a feature: device_id is a device. -#}
{% macro _noun(column) -%}
    {{ column | replace('_id', '') | replace('_code', '') }}
{%- endmacro %}

{% macro are_new(whether, columns) -%}
    {% for column in columns -%}
        {{ whether(column) }} as is_new_{{ _noun(column) }}{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{% macro customer_distincts_24h(counted, columns) -%}
    {% for column in columns -%}
        {{ counted(column) }} as customer_{{ _noun(column) }}_distinct_24h{{ ',' if not loop.last }}
    {% endfor %}
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

{% macro habit_windows(columns) -%}
    whole_30d as (
        partition by reading_id order by day_number range between 30 preceding and 1 preceding
    ),
    {% for column in columns -%}
        same_{{ column }} as (
            partition by reading_id, {{ column }} order by day_number
            range between 30 preceding and 1 preceding
        ){{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}
