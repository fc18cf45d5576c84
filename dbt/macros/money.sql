{#- Minor units of the base currency in major units; some ISO 4217 exponents are not 2. -#}
{% macro major_units(minor) -%}
    {%- set exponents = {
        'BIF': 0, 'CLP': 0, 'DJF': 0, 'GNF': 0, 'ISK': 0, 'JPY': 0, 'KMF': 0, 'KRW': 0, 'PYG': 0,
        'RWF': 0, 'UGX': 0, 'UYI': 0, 'VND': 0, 'VUV': 0, 'XAF': 0, 'XOF': 0, 'XPF': 0,
        'BHD': 3, 'IQD': 3, 'JOD': 3, 'KWD': 3, 'LYD': 3, 'OMR': 3, 'TND': 3,
    } -%}
    (({{ minor }})::double precision / {{ 10 ** exponents.get(var('base_currency', 'USD'), 2) }})
{%- endmacro %}

{#- Minor units of a row's own currency in major units; some ISO 4217 exponents are not 2. -#}
{% macro currency_units(minor, currency) -%}
    (
        {{ minor }}::double precision
        / case
            when {{ currency }} in (
                'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI',
                'VND', 'VUV', 'XAF', 'XOF', 'XPF'
            ) then 1
            when {{ currency }} in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 1000
            when {{ currency }} in ('CLF', 'UYW') then 10000
            else 100
        end
    )
{%- endmacro %}
