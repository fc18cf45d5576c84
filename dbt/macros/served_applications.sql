{#- Minor units of a row's own currency to major units; ISO 4217 knows exponents other than 2. -#}
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

{#- One decision on an application as readers see it, whichever revisions a view shows. -#}
{% macro decided_application(decisions, runs) -%}
    'applications/' || {{ decisions }}.application_id || '/' || {{ decisions }}.revision
        as decision_id,
    {{ decisions }}.application_id,
    {{ decisions }}.revision,
    {{ decisions }}.version,
    {{ decisions }}.customer_id,
    {{ decisions }}.applied_at,
    {{ decisions }}.decision,
    {{ decisions }}.prediction,
    {{ decisions }}.default_probability as probability,
    {{ decisions }}.default_probability,
    100 * {{ decisions }}.default_probability as risk_score,
    {{ decisions }}.grade,
    {{ decisions }}.pd_horizon_months,
    {{ decisions }}.confidence,
    {{ decisions }}.currency_code,
    {{ decisions }}.requested_amount_minor,
    {{ decisions }}.recommended_limit_minor,
    {{ currency_units(decisions ~ '.recommended_limit_minor', decisions ~ '.currency_code') }}
        as recommended_amount,
    {{ decisions }}.limit_binding,
    {{ decisions }}.is_counter_offer,
    {{ decisions }}.is_overridden,
    {{ decisions }}.reasons,
    {{ decisions }}.rule_hits,
    {{ decisions }}.fraud_state,
    {{ decisions }}.fraud_highest_probability,
    {{ decisions }}.fraud_decision_ids,
    {{ decisions }}.is_degraded,
    {{ decisions }}.credit_status,
    {{ decisions }}.model_version,
    {{ decisions }}.policy_version,
    {{ decisions }}.feature_view,
    {{ runs }}.requested_by as request_id,
    {{ decisions }}.run_id,
    {{ decisions }}.decided_at,
    {{ decisions }}.processing_time_ms
{%- endmacro %}
