{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='fail',
        full_refresh=false,
        indexes=[
            {'columns': ['customer_day_id', 'version'], 'unique': true}, {'columns': ['delivery_seq']},
        ],
    )
}}
{%- set position = queue_position('feat_customer_days') -%}

with

customer_days as (

    select * from {{ source('forecasts', 'customer_days') }}

),

transactions as not materialized (

    select * from {{ ref('stg_ledger__transactions') }}

),

pending as (

    select customer_days.*
    from customer_days
    where
        customer_days.delivery_seq > {{ position.built }}
        and customer_days.delivery_seq <= {{ position.newest }}
        and {{ is_queued('customer_days', 'feat_customer_days', 'customer_day_id') }}

),

-- the newest version of each transaction of the last 28 days, as of the delivery of the row
known as (

    select distinct on (pending.customer_day_id, pending.version, transactions.transaction_id)
        pending.customer_day_id,
        pending.version,
        transactions.amount_base_minor,
        transactions.occurred_at
    from pending
    inner join transactions
        on
            pending.customer_id = transactions.customer_id
            and transactions.delivery_seq <= pending.delivery_seq
            and transactions.occurred_at >= pending.day_at - interval '27 days'
            and transactions.occurred_at < pending.day_at + interval '1 day'
    order by 1, 2, transactions.transaction_id, transactions.version desc

),

described as (

    select
        pending.customer_day_id,
        pending.version,
        count(*) filter (where known.occurred_at >= pending.day_at) as transaction_count_1d,
        count(*) filter (
            where known.occurred_at >= pending.day_at - interval '6 days'
        ) as transaction_count_7d,
        count(*) as transaction_count_28d,
        sum(known.amount_base_minor) filter (
            where known.occurred_at >= pending.day_at - interval '6 days'
        ) as amount_sum_7d_minor,
        max(known.amount_base_minor) as amount_max_28d_minor
    from pending
    inner join known
        on pending.customer_day_id = known.customer_day_id and pending.version = known.version
    group by 1, 2

)

select
    pending.customer_day_id,
    pending.version,
    pending.customer_id,
    pending.day_at,
    pending.known_at,
    pending.delivery_seq,
    pending.is_history,
    described.transaction_count_1d,
    described.transaction_count_7d,
    described.transaction_count_28d,
    {{ major_units('described.amount_sum_7d_minor') }} as amount_sum_7d,
    {{ major_units('described.amount_max_28d_minor') }} as amount_max_28d
from pending
inner join described
    on pending.customer_day_id = described.customer_day_id and pending.version = described.version
