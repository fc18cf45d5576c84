{#- The past as each row knew it: late rows, corrections and rebuilds read it so; see readings.sql. -#}
{% macro recalled_by_reading(entity, reaches_to, days, columns) -%}
reaching as (

    select
        transaction_id,
        version,
        row_id,
        {{ entity }},
        occurred_at,
        {{ reaches_to }} as reaches_to
    from pending
    where {{ entity }} is not null

),

candidates as (

    select
        transactions.*,
        reaching.row_id,
        reaching.reaches_to
    from asked
    inner join transactions
        on
            asked.{{ entity }} = transactions.{{ entity }}
            and asked.reaches_to <= transactions.occurred_at
            and asked.asked_until >= transactions.occurred_at
    left join reaching
        on
            transactions.transaction_id = reaching.transaction_id
            and transactions.version = reaching.version
    where
        {{ within_days('transactions.occurred_at', days_asked(days)) }}
        and transactions.delivery_seq <= (select max(known.ledger_seq) from pending as known)

),

{{ readings(entity) }},

recalled as (

    select
        readings.reading_id,
        {{ row_id_in_its_reading() }} as row_id,
        addressed.transaction_id,
        addressed.version,
        addressed.occurred_at,
        addressed.occurred_at >= readings.recent_from as is_recent,
        readings.is_paired,
        {{ prefixed('addressed', columns) }}
    from readings
    inner join addressed
        on {{ reading_sees(entity) }}

)
{%- endmacro %}
