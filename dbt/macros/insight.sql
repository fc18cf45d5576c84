{#- The days of a period that `revenue_tree` compares with the period before it. -#}
{% macro period_days() -%}
    30
{%- endmacro %}

{#-
    The Shapley value of one of four factors of a product, between two periods: the mean change that
    the factor makes over all orders in which the factors change. The four values add up to the change
    of the product. Columns are named <factor> for this period and last_<factor> for the last one.
-#}
{% macro shapley_value(factor, others) -%}
    (({{ factor }} - last_{{ factor }}) * (
        {%- for first in ['', 'last_'] -%}
        {%- for second in ['', 'last_'] -%}
        {%- for third in ['', 'last_'] %}
        {{ '+ ' if not loop.first or second or first else '' -}}
        {#- all others of one period: 3 of 12 weights; mixed periods: 1 of 12 -#}
        {{ 3 if first == second and second == third else 1 }}
        * {{ first }}{{ others[0] }} * {{ second }}{{ others[1] }} * {{ third }}{{ others[2] }}
        {%- endfor -%}
        {%- endfor -%}
        {%- endfor %}
    ) / 12)
{%- endmacro %}

{#-
    A bound of 95 % of a gamma distribution with shape and rate (Wilson and Hilferty 1931: the cube
    root is nearly normal). `z` is -1.96 for the lower bound and 1.96 for the upper bound.
-#}
{% macro gamma_bound(shape, rate, z) -%}
    ({{ shape }} / {{ rate }} * greatest(
        1 - 1 / (9 * {{ shape }}) + ({{ z }}) / (3 * sqrt({{ shape }})), 0
    ) ^ 3)
{%- endmacro %}

{#- The strength of the merchant's share in a customer's, in purchases: between 10 and 1,000. -#}
{% macro bounded_strength(correlation) -%}
    (1 / least(greatest({{ correlation }}, 1.0 / 1001), 1.0 / 11) - 1)
{%- endmacro %}

{#-
    Whether a group of a merchant's customers may be published with its spending elsewhere: at least
    20 customers, at least 3 competitors, and no competitor above 60 % of the spending.
-#}
{% macro is_publishable(customers, competitors, largest, spending) -%}
    ({{ customers }} >= 20 and {{ competitors }} >= 3 and {{ largest }} <= 0.6 * {{ spending }})
{%- endmacro %}

{#- A count to the nearest 5. -#}
{% macro rounded_count(value) -%}
    (round({{ value }} / 5.0) * 5)::integer
{%- endmacro %}

{#- An amount of minor units in major units, with three significant digits. -#}
{% macro rounded_amount(minor) -%}
    case
        when {{ minor }} = 0 then 0
        else round(
            {{ minor }}::numeric / {{ 10 ** (var('base_currency_exponent', 2) | int) }},
            2 - floor(
                log(abs({{ minor }}::numeric) / {{ 10 ** (var('base_currency_exponent', 2) | int) }})
            )::integer
        )
    end::double precision
{%- endmacro %}

{#- The first day of the month of a numbered UTC day. -#}
{% macro month_of(day_number) -%}
    date_trunc('month', (date '1970-01-01' + {{ day_number }})::timestamp)::date
{%- endmacro %}
