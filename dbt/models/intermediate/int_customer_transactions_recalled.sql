{{ config(indexes=[{'columns': ['is_paired', 'reading_id', 'occurred_at']}]) }}

with

pending as not materialized (

    select * from {{ ref('int_transactions_queued') }}

),

transactions as not materialized (

    select * from {{ ref('stg_ledger__transactions') }}

),

asked as not materialized (

    select * from {{ ref('int_customers_asked') }}

),

{{
    recalled(
        'customer_id',
        reaches_to=reaches_30_whole_days(),
        days=30,
        columns=[
            'amount_base_minor', 'merchant_id', 'device_id', 'location_code', 'ip_address',
            'channel', 'category', 'currency', 'transaction_type', 'card_bin',
        ],
    )
}}

select
    recalled.*,
    {{ utc_day('occurred_at') }} as day_number
from recalled
-- what one reading holds lies together: those that are paired with it look it up
order by recalled.reading_id
