{{ config(materialized='view') }}

with

entries as not materialized (

    select * from {{ ref('int_demand_days_booked') }}

)

select
    merchant_id,
    product_id,
    channel,
    day_number,
    known_at,
    sum(sold_quantity - cancelled_quantity)::double precision as units,
    sum(priced_quantity)::double precision as priced_units,
    {{ major_units('sum(priced_minor)') }} as net
from entries
where day_number is not null
group by 1, 2, 3, 4, 5
