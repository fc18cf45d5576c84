{#-
    Whether a decision is the newest decision on its subject. The partial index on later revisions
    answers this condition; most decisions have no later revision.
-#}
{% macro is_latest(decisions, id) -%}
    not exists (
        select 1
        from {{ decisions }} as newer
        where
            newer.{{ id }} = {{ decisions }}.{{ id }}
            and newer.revision > {{ decisions }}.revision
            and newer.revision > 0
    )
{%- endmacro %}

{#- The average amount of a window with the row itself; the feature of the model excludes the row. -#}
{% macro inclusive_average(features, window) -%}
    (
        coalesce({{ features }}.customer_amount_sum_{{ window }}, 0)
        + coalesce({{ features }}.amount, 0)
    ) / nullif(
        {{ features }}.customer_priced_count_{{ window }}
        + ({{ features }}.amount is not null)::integer,
        0
    )
{%- endmacro %}
