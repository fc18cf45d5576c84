{#- Callers expect the row itself inside its windows; the model's features leave it out. -#}
{% macro inclusive_windows(table, windows) -%}
    {% for window in windows -%}
        {{ table }}.customer_transaction_count_{{ window }} + 1
            as customer_transaction_count_{{ window }},
        (
            coalesce({{ table }}.customer_amount_sum_{{ window }}, 0) + coalesce({{ table }}.amount, 0)
        ) / nullif(
            {{ table }}.customer_priced_count_{{ window }} + ({{ table }}.amount is not null)::integer, 0
        ) as customer_avg_amount_{{ window }}{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}
