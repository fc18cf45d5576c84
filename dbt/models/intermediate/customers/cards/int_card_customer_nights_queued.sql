{%- set books = [ref('int_spending_days_booked')] -%}

with

nights as not materialized (

    select * from {{ ref('stg_ledger__card_customer_nights') }}

)

select
    nights.card_customer_night_id,
    nights.version,
    nights.customer_id,
    nights.day_at,
    nights.known_at,
    nights.delivery_seq,
    nights.is_history,
    {{ utc_day('nights.day_at') }} as day_number
from nights
where
    {{ is_night_queued(ref('stg_ledger__card_nights'), 'feat_customers', books) }}
    and {{ is_asked('card_customer_night_id') }}
