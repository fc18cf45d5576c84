{#- From this multiple of the customer's average, an amount is a spike: the mark of a leaked card. -#}
{% macro spike_ratio() -%}
    2.5
{%- endmacro %}

{#- Amount over the customer's average of 30 whole days, both in minor units. -#}
{% macro amount_ratio(amount, total, priced) -%}
    {{ amount }}::double precision
    / nullif({{ total }}::double precision / nullif({{ priced }}, 0), 0)
{%- endmacro %}

{#- One expression for the stored ratio and for the flag of a row that has no stored ratio yet. -#}
{% macro amount_ratio_30d(row, days) -%}
    {{
        amount_ratio(
            row ~ '.amount_base_minor',
            days ~ '.customer_amount_minor_30d',
            days ~ '.customer_priced_count_30d',
        )
    }}
{%- endmacro %}
