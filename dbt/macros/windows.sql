{#- Frames [t - w, t): exact to the instant, without the row and its same-instant peers. -#}
{% macro hour_windows(hours) -%}
    {% for hour in hours -%}
        past_{{ hour }}h as (
            partition by reading_id order by occurred_at
            range between interval '{{ hour }} hours' preceding
            and interval '1 microsecond' preceding
        ){{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- Everything that a reading holds before the row's instant. -#}
{% macro before() -%}
    before as (
        partition by reading_id order by occurred_at
        range between unbounded preceding and interval '1 microsecond' preceding
    )
{%- endmacro %}

{#- Everything before the 24 hours before the row. -#}
{% macro before_past_24h() -%}
    before_past_24h as (
        partition by reading_id order by occurred_at
        range between unbounded preceding and interval '24:00:00.000001' preceding
    )
{%- endmacro %}

{#- Integers in, integers out: a sum of bigint slides in linear time; divide last. -#}
{% macro customer_sums(windows) -%}
    {% for window in windows -%}
        count(*) over past_{{ window }} as customer_transaction_count_{{ window }},
        count(amount_base_minor) over past_{{ window }} as customer_priced_count_{{ window }},
        sum(amount_base_minor) over past_{{ window }} as customer_amount_minor_{{ window }}
        {{- ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- What a mart shows of them: count, sum and average in major units of the base currency. -#}
{% macro customer_window_features(table, windows) -%}
    {% for window in windows -%}
        {%- set count = table ~ '.customer_transaction_count_' ~ window -%}
        {%- set priced = table ~ '.customer_priced_count_' ~ window -%}
        {%- set total = table ~ '.customer_amount_minor_' ~ window -%}
        coalesce({{ count }}, 0)::bigint as customer_transaction_count_{{ window }},
        coalesce({{ priced }}, 0)::bigint as customer_priced_count_{{ window }},
        case when {{ priced }} > 0 then {{ major_units(total) }} end
            as customer_amount_sum_{{ window }},
        {{ major_units(total) }} / nullif({{ priced }}, 0) as customer_amount_avg_{{ window }}
        {{- ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- One column per span: customers.customer_amount_sum_3h, ..._6h, and so on. -#}
{% macro per_span(column, spans) -%}
    {% for span in spans -%}
        {{ column }}_{{ span }}{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}
