{#-
    Whether the pending rows are one whole delivery that became known after all other deliveries, as
    in a usual hour. In this case every pending row knows the whole ledger, and a version that is
    replaced is replaced for every pending row. The models int_*_transactions_recalled then read the
    newest versions; otherwise they read int_readings_recalled.
-#}
{% macro queue_is_newest_delivery() -%}
    {%- set queue, deliveries = ref('int_transactions_queued'), ref('stg_ledger__deliveries') -%}
    {%- if not execute -%}
        {{ return(false) }}
    {%- endif -%}
    {{
        return(run_query(
            'select count(*) > 0 and count(*) = max(newest.rows_admitted)'
            ~ ' and min(queued.delivery_seq) = max(newest.delivery_seq)'
            ~ ' and min(queued.known_at) >= max(newest.known_at) from ' ~ queue ~ ' as queued'
            ~ ' cross join (select max(delivery_seq) as delivery_seq, max(known_at) as known_at, '
            ~ '(array_agg(rows_admitted order by delivery_seq desc))[1] as rows_admitted from '
            ~ deliveries ~ " where feed = 'transactions' and rows_admitted > 0) as newest"
        ).rows[0][0])
    }}
{%- endmacro %}

{#- The first delivery of the queue, as a constant: it lets Postgres estimate the rows before it. -#}
{% macro first_delivery_queued() -%}
    {%- set queue = ref('int_transactions_queued') -%}
    {{ run_query('select min(delivery_seq) from ' ~ queue).rows[0][0] if execute else 0 }}
{%- endmacro %}
