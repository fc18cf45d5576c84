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

{#-
    The kind of a transaction; rows of the first version of the features are purchases. Null without
    features.
-#}
{% macro kind_of(features) -%}
    case
        when {{ features }}.is_refund then 'refund'
        when {{ features }}.is_reversal then 'reversal'
        when {{ features }}.is_check then 'check'
        when {{ features }}.transaction_id is not null then 'purchase'
    end
{%- endmacro %}

{#- The count of payments of a window with the row itself, if it is one. -#}
{% macro inclusive_count(features, window) -%}
    {{ features }}.customer_transaction_count_{{ window }}
    + ({{ kind_of(features) }} in ('purchase', 'check'))::integer
{%- endmacro %}

{#-
    The average of the purchases of a window with the row itself, if it is one; the feature of the
    model excludes the row.
-#}
{% macro inclusive_average(features, window) -%}
    {%- set own = 'case when ' ~ kind_of(features) ~ " = 'purchase' then " ~ features ~ '.amount end' -%}
    (coalesce({{ features }}.customer_amount_sum_{{ window }}, 0) + coalesce({{ own }}, 0))
    / nullif(
        {{ features }}.customer_priced_count_{{ window }} + ({{ own }} is not null)::integer, 0
    )
{%- endmacro %}
