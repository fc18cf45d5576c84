{#
    Give the bounds of a share.
#}

{# A bound of the 95 % interval of a share, by Wilson (1927); null without rows. #}
{% macro share_bound(events, rows, sign) -%}
    ({{ events }} + 1.9208 {{ sign }} 1.96 * sqrt(
        {{ events }}::double precision * ({{ rows }} - {{ events }}) / nullif({{ rows }}, 0)
        + 0.9604
    )) / ({{ rows }} + 3.8416)
{%- endmacro %}
