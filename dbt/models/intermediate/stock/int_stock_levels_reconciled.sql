with

places as (

    select
        *,
        counted_at is not null as is_counted
    from {{ ref('int_stock_levels_noted') }}
    where note = 'stock'

)

select
    place,
    array_agg(location order by location) filter (where is_counted) as locations,
    array_agg(balance::double precision order by location) filter (where is_counted)
        as location_on_hand,
    array_agg(reserved::double precision order by location) filter (where is_counted)
        as location_reserved,
    sum(balance) filter (where is_counted)::double precision as on_hand,
    sum(reserved) filter (where is_counted)::double precision as reserved,
    count(*) filter (where is_counted) as counted_places,
    count(*) filter (where not is_counted) as uncounted_places,
    -- the oldest of the newest counts
    {{ utc_day('min(counted_at)') }} as counted_day,
    {{ utc_day('min(first_at)') }} as first_day
from places
group by place
