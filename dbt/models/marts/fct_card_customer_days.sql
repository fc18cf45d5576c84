{{ config(materialized='view') }}

with

entries as not materialized (

    select * from {{ ref('int_spending_days_booked') }}

)

select
    customer_id,
    day_number,
    known_at,
    {{ major_units('sum(amount_minor)') }} as spend
from entries
where customer_id is not null
group by 1, 2, 3
