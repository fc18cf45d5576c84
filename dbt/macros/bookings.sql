{#-
    The content of a book is a function of two numbers, its position: the newest admission it has
    read, and the first day that was still open. Each build reads the old position into constants
    (see within_days) and writes the entries between the old and the new position. A marker row
    without an entity and without counts carries the new position.
-#}
{% macro book_position(lag_days) -%}
    {%- set queue = ref('int_transactions_queued') -%}
    {%- if not execute -%}
        {{ return({'old_seq': 0, 'old_until': 0, 'new_seq': 0, 'new_until': 0}) }}
    {%- endif -%}
    {%- set booked = run_query(
        'select coalesce(max(booked_seq), 0), coalesce(max(booked_until), -36500) from ' ~ this
    ).rows[0] if is_incremental() else [0, -36500] -%}
    {%- set queued = run_query(
        'select coalesce(max(ledger_seq), 0), coalesce(max(' ~ utc_day('known_at') ~ '), -36500)'
        ~ ' from ' ~ queue
    ).rows[0] -%}
    {{
        return({
            'old_seq': booked[0] | int,
            'old_until': booked[1] | int,
            'new_seq': [booked[0] | int, queued[0] | int] | max,
            'new_until': [booked[1] | int, (queued[1] | int) - lag_days] | max,
        })
    }}
{%- endmacro %}

{#- Whether the entry of a row is new: of a new admission, or of a day that has just closed. -#}
{% macro is_newly_booked(position, seq, instant) -%}
    {{ seq }} <= {{ position.new_seq }}
    and {{ instant }} < {{ day_start(position.new_until) }}
    and ({{ seq }} > {{ position.old_seq }} or {{ instant }} >= {{ day_start(position.old_until) }})
{%- endmacro %}

{#- The days of these rows, as a query for `within_days`. -#}
{% macro days_newly_booked(position) -%}
    {%- set admitted = days_admitted(position.old_seq) -%}
    {%- if execute and var('rebuild', false) -%}
        {%- set first = first_day_rebuilt() | int -%}
        select int4range({{ first }}, {{ [first, position.new_until] | max }})
    {%- else -%}
        {{ admitted }}
        union all
        select int4range({{ position.old_until }}, {{ position.new_until }})
    {%- endif -%}
{%- endmacro %}

{#- The days of the rows that a newly booked correction replaces. -#}
{% macro days_newly_withdrawn(position) -%}
    select int4range({{ utc_day('replaced.occurred_at') }}, {{ utc_day('replaced.occurred_at') }}, '[]')
    from {{ ref('stg_ledger__transaction_corrections') }} as corrections
    inner join {{ ref('stg_ledger__transaction_versions') }} as replaced
        on corrections.transaction_id = replaced.transaction_id
    where
        corrections.delivery_seq > {{ position.old_seq }}
        or corrections.known_at >= {{ day_start(position.old_until) }}
{%- endmacro %}

{#- Whether the position has moved, so that the book needs a new marker row. -#}
{% macro has_moved(position) -%}
    ({{ position.old_seq }}, {{ position.old_until }})
    <> ({{ position.new_seq }}, {{ position.new_until }})
{%- endmacro %}
