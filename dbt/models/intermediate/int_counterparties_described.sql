{{ config(materialized='ephemeral') }}

with

pending as (

    select * from {{ ref('int_transactions_queued') }}

),

merchants as (

    select * from {{ ref('int_merchant_days_summed') }}

),

card_bins as (

    select * from {{ ref('int_card_bin_days_summed') }}

),

devices as (

    select * from {{ ref('int_device_days_summed') }}

),

device_customers as (

    select * from {{ ref('int_device_customers_counted') }}

),

ip_address_customers as (

    select * from {{ ref('int_ip_address_customers_counted') }}

)

select
    pending.row_id,
    merchants.merchant_transaction_count_1d,
    merchants.merchant_transaction_count_7d,
    merchants.merchant_transaction_count_30d,
    merchants.merchant_matured_count_1d,
    merchants.merchant_matured_count_7d,
    merchants.merchant_matured_count_30d,
    merchants.merchant_fraud_rate_1d,
    merchants.merchant_fraud_rate_7d,
    merchants.merchant_fraud_rate_30d,
    merchants.merchant_fraud_count_3d,
    merchants.merchant_fraud_count_14d,
    merchants.merchant_fraud_count_21d,
    merchants.merchant_fraud_rate_3d,
    merchants.merchant_fraud_rate_14d,
    merchants.merchant_fraud_rate_21d,
    merchants.merchant_check_share_7d,
    merchants.merchant_refund_share_30d,
    card_bins.card_bin_fraud_rate_30d,
    devices.device_fraud_rate_30d,
    device_customers.device_other_customer_distinct_24h,
    ip_address_customers.ip_address_other_customer_distinct_24h
from pending
left join merchants on pending.row_id = merchants.row_id
left join card_bins on pending.row_id = card_bins.row_id
left join devices on pending.row_id = devices.row_id
left join device_customers on pending.row_id = device_customers.row_id
left join ip_address_customers on pending.row_id = ip_address_customers.row_id
