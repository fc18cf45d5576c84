with

levels as not materialized (

    select * from {{ ref('stg_ledger__stock_levels') }}

),

-- the newest count of each place, at its night
nights as (

    select
        queue.place,
        queue.merchant_id,
        queue.product_id,
        queue.day_number,
        queue.known_at,
        places.location,
        places.counted_at,
        places.counted_at as starts_at,
        {{ day_start('queue.day_number + 1') }} as ends_at
    from {{ ref('int_stock_levels_noted') }} as places
    inner join {{ ref('int_stock_nights_queued') }} as queue on places.place = queue.place
    where places.note = 'stock' and places.counted_at is not null

),

batches as (

    select
        nights.place,
        levels.on_hand::double precision as units,
        (levels.expires_on - date '1970-01-01' - nights.day_number)::double precision as expires,
        levels.stock_level_id
    from nights
    inner join levels
        on
            nights.merchant_id = levels.merchant_id
            and nights.product_id = levels.product_id
            and nights.location = levels.location
            and nights.counted_at = levels.counted_at
            and {{ is_stock_known('levels', 'counted_at', 'stock_level_id') }}
    where levels.expires_on is not null and levels.on_hand > 0

)

select
    place,
    array_agg(units order by expires, stock_level_id) as batch_units,
    array_agg(expires order by expires, stock_level_id) as batch_expires
from batches
group by place
