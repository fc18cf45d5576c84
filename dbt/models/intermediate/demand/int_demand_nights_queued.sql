{%- set books = [ref('int_demand_days_booked')] -%}

with

nights as not materialized (

    select * from {{ ref('stg_ledger__demand_nights') }}

),

products as (

    select
        merchant_id,
        product_id,
        department,
        category,
        known_at,
        lead(known_at, 1, 'infinity') over (
            partition by merchant_id, product_id order by version
        ) as known_until
    from {{ ref('stg_ledger__products') }}

)

-- all series of a night: the columns of a category and of a merchant sum over them
select
    row_number() over ()::integer as place,
    nights.demand_night_id,
    nights.version,
    nights.merchant_id,
    nights.product_id,
    nights.channel,
    nights.day_at,
    nights.known_at,
    nights.delivery_seq,
    nights.is_history,
    {{ utc_day('nights.day_at') }} as day_number,
    products.department,
    products.category as product_category
from nights
left join products
    on
        nights.merchant_id = products.merchant_id
        and nights.product_id = products.product_id
        and nights.known_at >= products.known_at
        and nights.known_at < products.known_until
where {{ is_night_queued(ref('stg_ledger__sales_nights'), 'feat_demand', books) }}
