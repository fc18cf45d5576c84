{%- set queue = ref('int_demand_nights_queued') -%}

with

promotions as not materialized (

    select * from {{ ref('stg_ledger__promotions') }}

),

nights as (

    select distinct
        day_number,
        known_at
    from {{ queue }}

),

-- the newest version that was announced by the end of the night's day and known to the night
known as (

    select distinct on (nights.day_number, promotions.promotion_id)
        nights.day_number,
        promotions.*,
        promotions.starts_on - date '1970-01-01' as first_day,
        promotions.ends_on - date '1970-01-01' as last_day
    from nights
    inner join promotions
        on
            {{ day_start('nights.day_number + 1') }} > promotions.announced_at
            and nights.known_at >= promotions.known_at
    order by nights.day_number asc, promotions.promotion_id asc, promotions.version desc

)

select
    queue.place,
    known.promotion_id,
    known.first_day - known.day_number as first_ahead,
    known.last_day - known.day_number as last_ahead,
    known.price_minor
from known
inner join {{ queue }} as queue
    on
        known.day_number = queue.day_number
        and known.merchant_id = queue.merchant_id
        and known.product_id = queue.product_id
        and coalesce(known.channel, queue.channel) = queue.channel
where
    known.last_day > known.day_number - {{ demand_days() }}
    and known.first_day <= known.day_number + {{ demand_horizon() }}
