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
