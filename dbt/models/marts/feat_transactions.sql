{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='fail',
        full_refresh=false,
        indexes=[
            {'columns': ['transaction_id', 'version'], 'unique': true},
            {'columns': ['delivery_seq']},
        ],
    )
}}

with

pending as (

    select * from {{ ref('int_transactions_pending') }}

),

customer_windows as (

    select * from {{ ref('int_customer_windows_summed') }}

)

select
    pending.transaction_id,
    pending.version,
    pending.customer_id,
    pending.merchant_id,
    pending.occurred_at,
    pending.known_at,
    pending.delivery_seq,
    pending.is_history,
    pending.amount_base_minor,
    {{ major_units('pending.amount_base_minor') }} as amount,
    coalesce(customer_windows.customer_same_instant_count, 0) as customer_same_instant_count,
    {{ customer_window_features('customer_windows', ['3h', '6h', '12h', '24h']) }}
from pending
left join customer_windows on pending.row_id = customer_windows.row_id
where {{ not_yet_in_this('pending', ['transaction_id', 'version']) }}
