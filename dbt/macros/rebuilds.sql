{#-
    A rebuild computes features once more, from raw, for the versions that stand in rebuilt.asked:
    the same models with another queue, in schema `rebuilt`, so that a replay can hold them against
    the stored rows. Books are rebuilt as far back as the asked rows can read.
-#}
{% macro is_queued(row, mart='feat_transactions', id='transaction_id') -%}
    {%- if var('rebuild', false) -%}
        exists (
            select 1 from rebuilt.asked
            where
                asked.{{ id }} = {{ row }}.{{ id }}
                and asked.version = {{ row }}.version
        )
    {%- else -%}
        {{ has_no_features(row, mart, id) }}
    {%- endif -%}
{%- endmacro %}

{#- The days of the rows that a build is to give features. -#}
{% macro days_queued(position) -%}
    {%- set admitted = days_admitted(position.built) -%}
    {%- if var('rebuild', false) -%}
        select distinct int4range({{ utc_day('asked.occurred_at') }}, {{ utc_day('asked.occurred_at') }}, '[]')
        from rebuilt.asked
    {%- else -%}
        {{ admitted }}
    {%- endif -%}
{%- endmacro %}

{#- The first day whose entries an asked row may read: 30 days and a maturity back, and a day more. -#}
{% macro first_day_rebuilt() -%}
    {{- run_query(
        'select coalesce(min(day_number), 0) - 31 - ' ~ maturity_days() ~ ' from '
        ~ ref('int_transactions_queued')
    ).rows[0][0] -}}
{%- endmacro %}
