{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        full_refresh=false,
        indexes=[
            {'columns': ['stock_night_id', 'version'], 'unique': true},
            {'columns': ['delivery_seq']},
            {'columns': ['day_at']},
        ],
        post_hook="{{ row_level_security() }}",
    )
}}

with

nights as (

    select * from {{ ref('int_stock_nights_queued') }}

),

sales as (

    select * from {{ ref('int_stock_values_compared') }}

),

weeks as (

    select * from {{ ref('int_stock_weeks_compared') }}

),

levels as (

    select * from {{ ref('int_stock_levels_reconciled') }}

),

orders as (

    select * from {{ ref('int_purchase_orders_summed') }}

),

batches as (

    select * from {{ ref('int_stock_batches_recalled') }}

)

select
    nights.stock_night_id,
    nights.version,
    nights.merchant_id,
    nights.product_id,
    nights.category,
    nights.department,
    nights.day_at,
    nights.known_at,
    nights.delivery_seq,
    nights.is_history,
    -- arrays of one length, empty where there is none
    coalesce(levels.locations, '{}') as locations,
    coalesce(levels.location_on_hand, '{}') as location_on_hand,
    coalesce(levels.location_reserved, '{}') as location_reserved,
    coalesce(sales.channels, '{}') as channels,
    coalesce(orders.inbound_units, '{}') as inbound_units,
    coalesce(orders.inbound_due, '{}') as inbound_due,
    coalesce(batches.batch_units, '{}') as batch_units,
    coalesce(batches.batch_expires, '{}') as batch_expires,
    nights.order_days,
    nights.day_number as night_day,
    levels.on_hand,
    levels.reserved,
    nights.day_number - levels.counted_day as counted_age_days,
    coalesce(levels.counted_places, 0) as counted_places,
    coalesce(levels.uncounted_places, 0) as uncounted_places,
    coalesce(orders.inbound_total, 0) as inbound_total,
    coalesce(orders.overdue_units, 0) as overdue_units,
    {{ prefixed('sales', ['days_since_sale', 'age_days', 'units_28', 'units_364']) }},
    weeks.weekly_variation,
    {{ prefixed('sales', ['value_364', 'value_share_above']) }},
    nights.unit_cost,
    {{ prefixed('sales', ['unit_margin', 'unit_price']) }},
    {{ prefixed('nights', [
        'lead_time_days', 'lead_time_sd_days', 'minimum_order', 'pack_units', 'shelf_life_days'
    ]) }}
from nights
inner join sales on nights.place = sales.place
inner join weeks on nights.place = weeks.place
left join levels on nights.place = levels.place
left join orders on nights.place = orders.place
left join batches on nights.place = batches.place
where {{ is_asked('stock_night_id') }}
