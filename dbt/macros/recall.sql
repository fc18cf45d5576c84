{#-
    What the pending rows' entities did before, as known to each pending row: the CTE `recalled` of
    (reading_id, row_id where the row is pending, transaction_id, version, occurred_at, is_recent,
    is_paired: see pairs.sql) and of the named columns. A reading holds what some pending rows of
    one entity share; `is_recent` leaves out what lies more than 24 hours before all of them.

    Expects the CTEs `pending`, `transactions` and `asked` (see asked.sql).

    entity       whose past: a column of all three.
    reaches_to   the earliest instant that a pending row looks back to.
    days         how many days before its own that is.
    others_only  where one customer alone asks, what it did itself may be left out.
-#}
{% macro recalled(entity, reaches_to, days, columns, others_only=false) -%}
    {%- do ref('int_transactions_corrected') -%} {#- as dbt parses, nothing is queued -#}
    {%- if queue_is_the_newest_delivery() -%}
        {{ recalled_by_the_newest(entity, days, columns, others_only) }}
    {%- else -%}
        {{ recalled_by_reading(entity, reaches_to, days, columns) }}
    {%- endif -%}
{%- endmacro %}

{#-
    Whether all pending rows are one whole delivery that became known after everything else: the
    usual hour. Then nothing in the ledger is unknown to any of them, and what was replaced is
    replaced for all of them.
-#}
{% macro queue_is_the_newest_delivery() -%}
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

{#- The first delivery in the queue, as a constant: by it Postgres knows how little it leaves out. -#}
{% macro first_delivery_queued() -%}
    {%- set queue = ref('int_transactions_queued') -%}
    {{ run_query('select min(delivery_seq) from ' ~ queue).rows[0][0] if execute else 0 }}
{%- endmacro %}

{% macro recalled_by_the_newest(entity, days, columns, others_only) -%}
corrected as not materialized (

    select * from {{ ref('int_transactions_corrected') }}

),

past as (

    select
        asked.reading_id,
        null::bigint as row_id,
        transactions.transaction_id,
        transactions.version,
        transactions.occurred_at,
        transactions.occurred_at >= asked.recent_from as is_recent,
        asked.is_paired,
        {{ prefixed('transactions', columns) }}
    from asked
    inner join transactions
        on
            asked.{{ entity }} = transactions.{{ entity }}
            and asked.reaches_to <= transactions.occurred_at
            and asked.asked_until >= transactions.occurred_at
            {%- if others_only %}
            and transactions.customer_id is distinct from asked.own_customer_id
            {%- endif %}
    where
        {{ within_days('transactions.occurred_at', days_asked(days)) }}
        and transactions.delivery_seq < {{ first_delivery_queued() }}
        and not exists (
            select 1 from corrected
            where
                transactions.transaction_id = corrected.transaction_id
                and transactions.version < corrected.newest_version
        )

),

recalled as (

    select * from past

    union all

    select
        asked.reading_id,
        pending.row_id,
        pending.transaction_id,
        pending.version,
        pending.occurred_at,
        true as is_recent,
        asked.is_paired,
        {{ prefixed('pending', columns) }}
    from asked
    inner join pending on asked.{{ entity }} = pending.{{ entity }}
    {%- if others_only %}
    where asked.own_customer_id is null or asked.reading_id in (select past.reading_id from past)
    {%- endif %}

)
{%- endmacro %}

{% macro prefixed(table, columns) -%}
    {% for column in columns -%}
        {{ table }}.{{ column }}{{ ', ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
