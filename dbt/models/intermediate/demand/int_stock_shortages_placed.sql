with

stock as (

    select * from {{ ref('int_stock_changes_followed') }}

),

{{ shortage_days() }}

select
    shortages.place,
    nights.day_number - shortages.day_number as age,
    shortages.is_whole_day
from shortages
inner join {{ ref('int_demand_nights_queued') }} as nights on shortages.place = nights.place
