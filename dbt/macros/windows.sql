{#- Window clauses of the frames [t - w, t): exact to the instant, without the row and its peers. -#}
{% macro hour_windows(hours) -%}
    {% for hour in hours -%}
        past_{{ hour }}h as (
            partition by reading_id order by occurred_at
            range between interval '{{ hour }} hours' preceding
            and interval '1 microsecond' preceding
        ){{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- Window clause: every row of the reading before the row's instant. -#}
{% macro before() -%}
    before as (
        partition by reading_id order by occurred_at
        range between unbounded preceding and interval '1 microsecond' preceding
    )
{%- endmacro %}

{#- Window clause: every row of the reading more than 24 hours before the row's instant. -#}
{% macro before_past_24h() -%}
    before_past_24h as (
        partition by reading_id order by occurred_at
        range between unbounded preceding and interval '24:00:00.000001' preceding
    )
{%- endmacro %}

{#- One column per span: customers.customer_amount_sum_3h, ..._6h, and so on. -#}
{% macro per_span(column, spans) -%}
    {% for span in spans -%}
        {{ column }}_{{ span }}{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- Columns of one table, qualified with its name. -#}
{% macro prefixed(table, columns) -%}
    {% for column in columns -%}
        {{ table }}.{{ column }}{{ ', ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
