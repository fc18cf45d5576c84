with

source as (

    select * from {{ source('ledger', 'sales') }}

),

renamed as (

    select
        -- ids
        sale_line_id,
        version,
        delivery_seq,
        merchant_id,
        order_id,
        customer_id,
        product_id,

        -- strings
        category,
        channel,
        event,

        -- numerics
        quantity,
        net_base_minor as net_minor,
        case when net_base_minor is not null then coalesce(discount_base_minor, 0) end
            as discount_minor,

        -- booleans
        event = 'sale' as is_sale,
        is_merchandise,
        is_history,

        -- timestamps
        occurred_at,
        known_at

    from source

)

select * from renamed
