{#-
    A running window is computed for every row of the past, though only the pending ones ask; beside
    a day of history that is one row in eight. So where few rows ask in a reading, each is paired
    with what its reading holds, and only where many do (whose pairs would grow with the square) do
    windows run. Both give the same; `is_paired` says of a reading which way it goes.
-#}
{% macro is_paired() -%}
    count(*) <= 4
{%- endmacro %}

{#- The rows that ask in a paired reading, of `recalled as asking`. -#}
{% macro asks_in_pairs() -%}
    asking.row_id is not null and asking.is_paired
{%- endmacro %}

{#-
    What such a row's reading shows it, of `recalled as seen`: an index scan for each. The index begins
    with `is_paired`, by which running windows find the rows of the other readings, mostly few.
-#}
{% macro is_shown_to_it() -%}
    seen.is_paired and seen.reading_id = asking.reading_id
{%- endmacro %}

{#- The first instant of the 30 whole days before the row's day. -#}
{% macro whole_30d_start() -%}
    {{ day_start('asking.day_number') }} - interval '720 hours'
{%- endmacro %}

{#- The frame [t - w, t) of a pair. -#}
{% macro is_in_past(hours) -%}
    seen.occurred_at >= asking.occurred_at - interval '{{ hours }} hours'
    and seen.occurred_at < asking.occurred_at
{%- endmacro %}

{#-
    Of what happened in the 24 hours before: the shortest of the spans that it lies in, in hours.
    Null at the very instant of the row.
-#}
{% macro shortest_span(hours) -%}
    case
        when seen.occurred_at = asking.occurred_at then null
        {% for hour in hours -%}
            when seen.occurred_at >= asking.occurred_at - interval '{{ hour }} hours' then {{ hour }}
        {% endfor -%}
    end
{%- endmacro %}

{% macro paired_sums(hours) -%}
    {% for hour in hours -%}
        count(*) filter (where seen.span <= {{ hour }})
            as customer_transaction_count_{{ hour }}h,
        count(seen.amount_base_minor) filter (where seen.span <= {{ hour }})
            as customer_priced_count_{{ hour }}h,
        sum(seen.amount_base_minor) filter (where seen.span <= {{ hour }})
            as customer_amount_minor_{{ hour }}h{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{% macro paired_distinct(column) -%}
    count(distinct seen.{{ column }}) filter (where seen.span <= 24)
{%- endmacro %}

{#- Whether the reading showed the row's own value before the row. -#}
{% macro paired_shown(columns) -%}
    {% for column in columns -%}
        bool_or(seen.{{ column }} = asking.{{ column }}) as has_{{ column }}
        {{- ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{% macro paired_use_24h(column) -%}
    coalesce(bool_or(seen.{{ column }} = asking.{{ column }}) filter (where seen.span <= 24), false)
{%- endmacro %}

{#- Unseen in what the reading showed; null where there is no value. -#}
{% macro paired_is_new(column) -%}
    case when asking.{{ column }} is not null then not coalesce(shown.has_{{ column }}, false) end
{%- endmacro %}

{#- The share of the rows of the whole days before the row's day. -#}
{% macro paired_frequency(column) -%}
    case
        when asking.{{ column }} is not null
            then
                (
                    count(*) filter (
                        where
                        seen.{{ column }} = asking.{{ column }}
                        and seen.day_number < asking.day_number
                    )
                )::double precision
                / nullif(count(*) filter (where seen.day_number < asking.day_number), 0)
    end
{%- endmacro %}
