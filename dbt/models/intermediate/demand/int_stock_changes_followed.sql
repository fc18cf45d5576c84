{%- set series -%}
    select * from {{ ref('int_demand_nights_queued') }}
{%- endset -%}

with

{{ stock_over_time(series, demand_days()) }}

select
    place,
    day_number as night_number,
    happened_at,
    until_at,
    pieces::double precision as pieces,
    known_at
from stock
