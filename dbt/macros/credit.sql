{#-
    The monthly payment that repays a loan with interest. The yearly rate is a constant of the feature
    view, not of a policy: another rate is a new version of feat_applications.
-#}
{% macro monthly_payment(amount, months) -%}
    {%- set payment_annual_rate = 0.12 -%}
    {%- set monthly_rate = payment_annual_rate / 12 -%}
    ({{ amount }}) * {{ monthly_rate }}::double precision
    / (1 - power({{ 1 + monthly_rate }}::double precision, -{{ months }}))
{%- endmacro %}

{#- The purpose of a loan, in groups that are large enough for training. -#}
{% macro purpose_group(purpose) -%}
    case
        when {{ purpose }} in ('debt_consolidation', 'credit_card', 'small_business')
            then {{ purpose }}
        when {{ purpose }} in ('home_improvement', 'house', 'moving') then 'home'
        when {{ purpose }} in ('car', 'major_purchase', 'wedding', 'vacation') then 'purchase'
        when {{ purpose }} in ('medical', 'educational') then 'personal'
        when {{ purpose }} is not null then 'other'
    end
{%- endmacro %}

{#- The home ownership of an applicant, in the groups that credit risk distinguishes. -#}
{% macro home_ownership_group(home_ownership) -%}
    case
        when {{ home_ownership }} in ('own', 'mortgage', 'rent') then {{ home_ownership }}
        when {{ home_ownership }} is not null then 'other'
    end
{%- endmacro %}
