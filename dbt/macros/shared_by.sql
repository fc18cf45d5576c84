{#- Distinct customers that used one device or address in the 24 hours before the row. -#}
{% macro customers_in_past_24h(entity, name) -%}
with

pending as (

    select * from {{ ref('int_transactions_queued') }}

),

transactions as not materialized (

    select * from {{ ref('stg_ledger__transactions') }}

),

asking as (

    select distinct {{ entity }}
    from pending
    where {{ entity }} is not null

),

candidates as (

    select
        recent.transaction_id,
        recent.version,
        recent.{{ entity }},
        recent.customer_id,
        recent.occurred_at,
        recent.known_at,
        pending.row_id,
        pending.occurred_at - interval '24 hours' as reaches_to
    from transactions as recent
    inner join asking on recent.{{ entity }} = asking.{{ entity }}
    left join pending
        on
            recent.transaction_id = pending.transaction_id
            and recent.version = pending.version
    where
        {{ within_days('recent.occurred_at', days_asked(1)) }}
        and recent.delivery_seq <= (select max(known.ledger_seq) from pending as known)

),

{{ readings(entity) }},

recalled as (

    select
        readings.reading_id,
        addressed.customer_id,
        addressed.occurred_at,
        {{ row_id_in_its_reading() }} as row_id
    from readings
    inner join addressed
        on {{ reading_sees(entity) }}

),

traced as (

    select
        row_id,
        reading_id,
        occurred_at,
        {{ traced_values(['customer_id']) }}
    from recalled
    window
        {{ traced_windows(['customer_id']) }}

),

counted as (

    select
        row_id,
        {{ distinct_in_past_24h('customer_id') }} as {{ name }}_customer_distinct_24h
    from traced
    window
        {{ before() }},
        {{ before_past_24h() }}

)

select * from counted
where row_id is not null
{%- endmacro %}
