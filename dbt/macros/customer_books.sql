{#-
    The books of customers have one position: the newest admission that they have read. Each build
    books the rows between the old and the new position. A correction books the old row with a minus
    and the new row with a plus. A marker row without a day carries the new position.

    An entry is known from the end of its day at the earliest, because nights know whole days. The
    entries with known_at <= k add up to the state known at k.
-#}
{% macro customer_book_position() -%}
    {%- set deliveries = ref('stg_ledger__deliveries') -%}
    {%- if not execute -%}
        {{ return({'old_seq': 0, 'new_seq': 0}) }}
    {%- endif -%}
    {%- set old_seq = run_query(
        'select coalesce(max(booked_seq), 0) from ' ~ this
    ).rows[0][0] if is_incremental() else 0 -%}
    {%- set new_seq = run_query(
        'select coalesce(max(delivery_seq), 0) from ' ~ deliveries
    ).rows[0][0] -%}
    {{ return({'old_seq': old_seq | int, 'new_seq': [old_seq | int, new_seq | int] | max}) }}
{%- endmacro %}

{#- Whether a row was admitted between the two positions. -#}
{% macro is_unbooked(row, position) -%}
    {{ row }}.delivery_seq > {{ position.old_seq }}
    and {{ row }}.delivery_seq <= {{ position.new_seq }}
{%- endmacro %}

{#- The days that a rebuild books: those that its nights read. All days otherwise. -#}
{% macro days_rebuilt(days) -%}
    {%- if var('rebuild', false) -%}
        select
            int4range(
                min({{ utc_day('asked.day_at') }}) - {{ days }} + 1,
                max({{ utc_day('asked.day_at') }}),
                '[]'
            )
        from rebuilt.asked as asked
    {%- else -%}
        select int4range(null, null)
    {%- endif -%}
{%- endmacro %}

{#- The days of the transactions that corrections after one place of admission replace. -#}
{% macro days_withdrawn(after) -%}
    select int4range({{ utc_day('replaced.occurred_at') }}, {{ utc_day('replaced.occurred_at') }}, '[]')
    from {{ ref('stg_ledger__transaction_corrections') }} as corrections
    inner join {{ ref('stg_ledger__transaction_versions') }} as replaced
        on corrections.transaction_id = replaced.transaction_id
    where corrections.delivery_seq > {{ after }}
{%- endmacro %}

{#- The moment from which an entry counts: the end of its day, or later knowledge. -#}
{% macro counts_from(row) -%}
    greatest({{ row }}.known_at, {{ day_start(utc_day(row ~ '.occurred_at') ~ ' + 1') }})
{%- endmacro %}

{#-
    The merchandise lines of sales since the last position: the new versions, and with the opposite
    sign the versions that they replace. Defines `lines`, with one column `sign`. A rebuild reads the
    lines of `days` days before its nights.
-#}
{% macro sale_lines(position, days=none) -%}
{%- set rebuilt = days_rebuilt(days or look_back_days()) -%}
sales as not materialized (

    select * from {{ ref('stg_ledger__sales') }}

),

corrections as (

    select
        replaced.*,
        sales.known_at as corrected_at
    from sales
    cross join lateral (
        select versions.*
        from {{ ref('stg_ledger__sales') }} as versions
        where
            versions.sale_line_id = sales.sale_line_id
            and versions.version < sales.version
        order by versions.version desc
        limit 1
    ) as replaced
    where sales.version > 1 and {{ is_unbooked('sales', position) }}

),

lines as (

    select
        sales.merchant_id,
        sales.customer_id,
        sales.product_id,
        sales.category,
        sales.channel,
        sales.occurred_at,
        sales.known_at as described_at,
        {{ counts_from('sales') }} as known_at,
        1 as sign,
        sales.event,
        sales.is_sale,
        sales.quantity,
        sales.net_minor,
        sales.discount_minor
    from sales
    where
        sales.is_merchandise
        and {{ is_unbooked('sales', position) }}
        and {{ within_days('sales.occurred_at', rebuilt) }}

    union all

    select
        corrections.merchant_id,
        corrections.customer_id,
        corrections.product_id,
        corrections.category,
        corrections.channel,
        corrections.occurred_at,
        corrections.known_at as described_at,
        greatest(corrections.corrected_at, {{ counts_from('corrections') }}) as known_at,
        -1 as sign,
        corrections.event,
        corrections.is_sale,
        corrections.quantity,
        corrections.net_minor,
        corrections.discount_minor
    from corrections
    where
        corrections.is_merchandise
        and {{ within_days('corrections.occurred_at', rebuilt) }}

)
{%- endmacro %}

{#-
    The purchases by card since the last position, and with the opposite sign those that corrections
    replace. Defines `lines`, with one column `sign`.
-#}
{% macro spending_lines(position) -%}
{%- set added = days_admitted(position.old_seq) -%}
{%- set replaced = days_withdrawn(position.old_seq) -%}
{%- if var('rebuild', false) -%}
    {%- set added, replaced = days_rebuilt(card_days()), days_rebuilt(card_days()) -%}
{%- endif %}
transactions as not materialized (

    select * from {{ ref('stg_ledger__transactions') }}

),

versions as not materialized (

    select * from {{ ref('stg_ledger__transaction_versions') }}

),

corrections as not materialized (

    select * from {{ ref('stg_ledger__transaction_corrections') }}

),

-- the versions that a newly booked correction replaces, by the place of their rows
withdrawn as (

    select
        corrections.transaction_id,
        corrections.known_at as corrected_at,
        preceding.*
    from corrections
    cross join lateral (
        select
            versions.version,
            versions.customer_id,
            versions.occurred_at
        from versions
        where
            versions.transaction_id = corrections.transaction_id
            and versions.version < corrections.version
        order by versions.version desc
        limit 1
    ) as preceding
    where {{ is_unbooked('corrections', position) }}

),

lines as (

    select
        transactions.*,
        transactions.known_at as booked_at,
        1 as sign
    from transactions
    where
        transactions.kind = 'purchase'
        and {{ is_unbooked('transactions', position) }}
        and {{ within_days('transactions.occurred_at', added) }}

    union all

    select
        transactions.*,
        greatest(withdrawn.corrected_at, transactions.known_at) as booked_at,
        -1 as sign
    from withdrawn
    inner join transactions
        on
            withdrawn.customer_id = transactions.customer_id
            and withdrawn.occurred_at = transactions.occurred_at
            and withdrawn.transaction_id = transactions.transaction_id
            and withdrawn.version = transactions.version
    where
        transactions.kind = 'purchase'
        and {{ within_days('transactions.occurred_at', replaced) }}

)
{%- endmacro %}
