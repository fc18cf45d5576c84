{{ config(materialized='view') }}

with

entries as not materialized (

    select * from {{ ref('int_sales_days_booked') }}

)

select
    merchant_id,
    customer_id,
    day_number,
    known_at,
    {{ major_units('sum(net_minor)') }} as net
from entries
where customer_id is not null
group by 1, 2, 3, 4
