{#-
    A running window is computed for every row of the past, although only the pending rows need its
    result: after a day of history, one row in eight. In a reading with few pending rows, each
    pending row is therefore paired with the rows of its reading. In a reading with many pending
    rows, the pairs would grow with the square, so windows run. Both ways give the same features;
    the column `is_paired` of a reading names the way.

    Running windows hold payments alone: purchases and card checks. Refunds and reversals are few and
    no window counts them, so each is paired with the payments of its reading, whatever its way.
-#}
{% macro is_paired() -%}
    count(*) <= 4
{%- endmacro %}

{#-
    Whether `past` belongs to the reading of `pending`: one index scan per pending row. The index
    begins with `is_paired`, because running windows read the other readings, which are mostly few.
-#}
{% macro is_in_reading() -%}
    past.is_paired = pending.is_paired and past.reading_id = pending.reading_id
{%- endmacro %}

{#- Whether a pending row is computed in pairs. -#}
{% macro is_asked_in_pairs() -%}
    pending.row_id is not null and (pending.is_paired or not pending.is_payment)
{%- endmacro %}

{#-
    The shortest of the spans, in hours, that holds a row of the 24 hours before; null at the
    instant of the pending row itself.
-#}
{% macro shortest_span(hours) -%}
    case
        when past.occurred_at = pending.occurred_at then null
        {% for hour in hours -%}
            when past.occurred_at >= pending.occurred_at - interval '{{ hour }} hours' then {{ hour }}
        {% endfor -%}
    end
{%- endmacro %}

{#- Whether the row's own value occurred in the 24 hours before the row. -#}
{% macro paired_use_24h(column) -%}
    coalesce(bool_or(past.{{ column }} = pending.{{ column }}) filter (where past.span <= 24), false)
{%- endmacro %}

{#- The share of the rows of the whole days before the row's day that have the row's value. -#}
{% macro paired_frequency(column) -%}
    case
        when pending.{{ column }} is not null
            then
                (
                    count(*) filter (
                        where
                        past.{{ column }} = pending.{{ column }}
                        and past.day_number < pending.day_number
                    )
                )::double precision
                / nullif(count(*) filter (where past.day_number < pending.day_number), 0)
    end
{%- endmacro %}
