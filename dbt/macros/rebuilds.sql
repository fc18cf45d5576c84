{#-
    A rebuild computes features again from raw for the versions in rebuilt.asked. It runs the same
    models with another queue and writes to schema `rebuilt`; a replay compares the result with the
    stored rows. Day books are rebuilt as far back as the requested rows can read.
-#}

{#- Whether a row version is pending: requested by a rebuild, otherwise without features. -#}
{% macro is_queued(row, mart='feat_transactions', id='transaction_id') -%}
    {%- if var('rebuild', false) -%}
        exists (
            select 1 from rebuilt.asked as requested
            where
                requested.{{ id }} = {{ row }}.{{ id }}
                and requested.version = {{ row }}.version
        )
    {%- else -%}
        {{ has_no_features(row, mart, id) }}
    {%- endif -%}
{%- endmacro %}

{#- The days of the pending rows, as a query for `within_days`. -#}
{% macro days_queued(position) -%}
    {%- set admitted = days_admitted(position.built) -%}
    {%- if var('rebuild', false) -%}
        select distinct
            int4range({{ utc_day('requested.occurred_at') }}, {{ utc_day('requested.occurred_at') }}, '[]')
        from rebuilt.asked as requested
    {%- else -%}
        {{ admitted }}
    {%- endif -%}
{%- endmacro %}

{#- The first day that a requested row may read: 30 days and a maturity back, and one day more. -#}
{% macro first_day_rebuilt() -%}
    {{- run_query(
        'select coalesce(min(day_number), 0) - 31 - ' ~ maturity_days() ~ ' from '
        ~ ref('int_transactions_queued')
    ).rows[0][0] -}}
{%- endmacro %}
