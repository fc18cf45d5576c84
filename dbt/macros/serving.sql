{#-
    Whether a decision is the newest on its subject. The partial index on later revisions answers
    this; most decisions have none.
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

{#- One decision and its transaction as readers see it, whichever revisions a view shows. -#}
{% macro decided_transaction(decisions, features) -%}
    'transactions/' || {{ decisions }}.transaction_id || '/' || {{ decisions }}.revision as decision_id,
    {{ decisions }}.transaction_id,
    {{ decisions }}.revision,
    {{ decisions }}.version,
    {{ decisions }}.customer_id,
    {{ decisions }}.occurred_at,
    {{ decisions }}.decision,
    {{ decisions }}.decision = 'decline' as is_fraud,
    {{ decisions }}.fraud_probability,
    {{ decisions }}.anomaly_score,
    {{ features }}.amount,
    {{ inclusive_windows(features, ['3h', '6h', '12h', '24h']) }},
    {{ decisions }}.reasons,
    {{ decisions }}.rule_hits,
    {{ decisions }}.is_degraded,
    {{ decisions }}.model_version,
    {{ decisions }}.policy_version,
    {{ decisions }}.feature_view,
    {{ decisions }}.run_id,
    {{ decisions }}.decided_at,
    {{ decisions }}.processing_time_ms
{%- endmacro %}
