{#-
    Whether an instant lies on one of the UTC days of a query, written with constants. Postgres
    leaves partitions out at planning time only for constants, so the cost of a build does not grow
    with the days in the ledger. A late row, which lies on a distant day, opens only its own days.

    `spans` is a query of one column: int4range of day numbers (see utc_day); a null bound is open.
    The query runs while dbt compiles the model, immediately before the model runs.
-#}
{% macro within_days(instant, spans) -%}
    {%- if not execute -%}
        true
    {%- else -%}
        {%- set merged = run_query(
            'select lower(span), upper(span) from'
            ~ ' (select unnest(range_agg(span)) from (' ~ spans ~ ') as spans (span)) as merged (span)'
        ) -%}
        {%- for first, end in merged.rows %}
        {{ 'or ' if not loop.first else '(' -}}
        {{ instant }} >= {{ _day_start_literal(first, '-infinity') }}
        and {{ instant }} < {{ _day_start_literal(end, 'infinity') }}
        {{- ')' if loop.last }}
        {%- else -%}
            {#- not `false`: Postgres sees that only after it has opened every partition -#}
            {{ instant }} < timestamptz '-infinity'
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro _day_start_literal(day_number, open_end) -%}
    {%- if day_number is none -%}
        timestamptz '{{ open_end }}'
    {%- else -%}
        {%- set day = modules.datetime.date(1970, 1, 1)
            + modules.datetime.timedelta(days=day_number | int) -%}
        timestamptz '{{ day }} 00:00:00+00'
    {%- endif -%}
{%- endmacro %}

{#- The days that pending rows read: each row's own day and `days` days before it. -#}
{% macro days_before_pending(days, queue='int_transactions_queued') -%}
    select int4range(day_number - {{ days }}, day_number, '[]')
    from (select distinct day_number from {{ ref(queue) }}) as pending_days
{%- endmacro %}

{#- The days of the transactions admitted after one place in the order of admission. -#}
{% macro days_admitted(after) -%}
    select int4range({{ utc_day('first_occurred_at') }}, {{ utc_day('last_occurred_at') }}, '[]')
    from {{ ref('stg_ledger__deliveries') }}
    where feed = 'transactions' and rows_admitted > 0 and delivery_seq > {{ after }}
{%- endmacro %}
