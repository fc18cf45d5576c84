{%- set books = [
    ref('int_sales_days_booked'),
    ref('int_category_days_booked'),
    ref('int_spending_days_booked'),
] -%}

with

nights as not materialized (

    select * from {{ ref('stg_ledger__customer_nights') }}

)

select
    nights.customer_night_id,
    nights.version,
    nights.merchant_id,
    nights.customer_id,
    nights.day_at,
    nights.known_at,
    nights.delivery_seq,
    nights.is_history,
    {{ utc_day('nights.day_at') }} as day_number
from nights
where
    {{ is_night_queued(ref('stg_ledger__sales_nights'), 'feat_customer_nights', books) }}
    and {{ is_asked('customer_night_id') }}
