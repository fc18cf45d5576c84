{%- set series -%}
    select
        place,
        merchant_id,
        product_id,
        day_number,
        known_at
    from {{ ref('int_stock_nights_queued') }}
{%- endset -%}

with

{{ stock_by_span(series, demand_days()) }},

followed as (

    select
        *,
        case when span > 1 then counted_pieces - lag(balance) over by_time end as gap,
        first_value(first_at) over by_time as known_from,
        lead(counted_at) over by_time as next_counted_at,
        lead(span) over by_time is null as is_last
    from spans
    window by_time as (partition by place, location order by span)

),

-- only a span that may run out is read change by change
changes as (

    select
        place,
        location,
        span,
        happened_at,
        sum(pieces) over by_time as balance,
        coalesce(lead(happened_at) over by_time, next_counted_at) as next_at
    from (
        select
            place,
            location,
            span,
            next_counted_at,
            counted_at as happened_at,
            counted_pieces as pieces
        from followed
        where span > 0 and least_balance <= 0
        union all
        select
            followed.place,
            followed.location,
            followed.span,
            followed.next_counted_at,
            placed.happened_at,
            placed.pieces
        from followed
        inner join placed
            on
                followed.place = placed.place
                and followed.location = placed.location
                and followed.span = placed.span
        where followed.span > 0 and followed.least_balance <= 0
    ) as events
    window by_time as (partition by place, location, span order by happened_at)

)

select
    'stock' as note,
    place,
    location,
    span,
    last_at as happened_at,
    null::timestamptz as until_at,
    balance,
    known_from as first_at,
    counted_at,
    reserved
from followed
where is_last

union all

select
    'gap' as note,
    place,
    location,
    span,
    counted_at as happened_at,
    null as until_at,
    gap as balance,
    null as first_at,
    null as counted_at,
    null as reserved
from followed
where gap <> 0

union all

select
    'short' as note,
    changes.place,
    changes.location,
    changes.span,
    changes.happened_at,
    coalesce(changes.next_at, {{ day_start('series.day_number + 1') }}) as until_at,
    changes.balance,
    null as first_at,
    null as counted_at,
    null as reserved
from changes
inner join series on changes.place = series.place
where changes.balance <= 0
