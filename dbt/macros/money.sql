{#- Minor units of the base currency in major units. -#}
{% macro major_units(minor) -%}
    (({{ minor }})::double precision / {{ 10 ** (var('base_currency_exponent', 2) | int) }})
{%- endmacro %}

{#- Minor units of a row's own currency in major units, with the exponent of that currency. -#}
{% macro currency_units(minor, exponent) -%}
    ({{ minor }}::double precision / 10 ^ {{ exponent }})
{%- endmacro %}

{#- An amount in major units of the base currency, rounded to the minor unit; sums are exact. -#}
{% macro rounded_money(major) -%}
    round(({{ major }})::numeric, {{ var('base_currency_exponent', 2) | int }})
{%- endmacro %}
