with

source as (

    select * from {{ source('ledger', 'products') }}

),

renamed as (

    select
        -- ids
        merchant_id,
        product_id,
        version,
        delivery_seq,

        -- strings
        name,
        department,
        category,
        product_type,
        pack_size,
        currency_code,
        order_days,

        -- numerics
        unit_cost_base_minor as unit_cost_minor,
        list_price_base_minor as list_price_minor,
        lead_time_days,
        lead_time_sd_days,
        minimum_order,
        shelf_life_days,

        -- timestamps
        known_at

    from source

)

select * from renamed
