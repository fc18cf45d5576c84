{%- set books = [ref('int_demand_days_booked')] -%}

with

nights as not materialized (

    select * from {{ ref('stg_ledger__stock_nights') }}

),

products as (

    select
        *,
        lead(known_at, 1, 'infinity') over (
            partition by merchant_id, product_id order by version
        ) as known_until
    from {{ ref('stg_ledger__products') }}

)

-- all products of a night: the shares of value are those of a merchant
select
    row_number() over ()::integer as place,
    nights.stock_night_id,
    nights.version,
    nights.merchant_id,
    nights.product_id,
    nights.day_at,
    nights.known_at,
    nights.delivery_seq,
    nights.is_history,
    {{ utc_day('nights.day_at') }} as day_number,
    products.department,
    products.category,
    {{ major_units('products.unit_cost_minor') }} as unit_cost,
    {{ major_units('products.list_price_minor') }} as list_price,
    products.lead_time_days,
    products.lead_time_sd_days,
    products.minimum_order::double precision as minimum_order,
    {{ whole_pieces('products.pack_size') }} as pack_units,
    products.order_days,
    products.shelf_life_days
from nights
left join products
    on
        nights.merchant_id = products.merchant_id
        and nights.product_id = products.product_id
        and nights.known_at >= products.known_at
        and nights.known_at < products.known_until
where {{ is_night_queued(ref('stg_ledger__sales_nights'), 'feat_stock', books) }}
