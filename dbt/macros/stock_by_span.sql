{#-
    The stock of series by location and span. A span goes from one count to the next; span 0 comes before
    the first count. Defines `placed`, the movements with their span, and `spans`, with the pieces at the
    end of a span and the least that it can have had. No change is sorted for that. The arguments are
    those of `known_stock`.
-#}
{% macro stock_by_span(series, days) -%}
{{ known_stock(series, days) }},

counted as (

    select
        series.place,
        series.day_number,
        counts.location,
        counts.happened_at,
        counts.pieces,
        counts.reserved,
        row_number() over (
            partition by series.place, counts.location order by counts.happened_at
        )::integer as span
    from counts
    inner join series
        on
            counts.day_number = series.day_number
            and counts.merchant_id = series.merchant_id
            and counts.product_id = series.product_id

),

instants as (

    select
        place,
        location,
        array_agg(happened_at order by span) as counted_ats
    from counted
    group by place, location

),

-- a count holds what moved at its instant, so a movement belongs to the span that ends with it
placed as materialized (

    select
        series.place,
        moved.location,
        moved.happened_at,
        moved.pieces,
        coalesce(
            width_bucket(moved.happened_at - interval '1 microsecond', instants.counted_ats), 0
        ) as span
    from moved
    inner join series
        on
            moved.day_number = series.day_number
            and moved.merchant_id = series.merchant_id
            and moved.product_id = series.product_id
    left join instants
        on series.place = instants.place and moved.location = instants.location

),

spans as (

    select
        place,
        location,
        span,
        counted.happened_at as counted_at,
        counted.reserved,
        counted.pieces as counted_pieces,
        coalesce(counted.pieces, 0) + coalesce(movements.pieces, 0) as balance,
        coalesce(counted.pieces, 0) + coalesce(movements.taken, 0) as least_balance,
        least(counted.happened_at, movements.first_at) as first_at,
        greatest(counted.happened_at, movements.last_at) as last_at
    from counted
    full join (
        select
            place,
            location,
            span,
            sum(pieces) as pieces,
            sum(pieces) filter (where pieces < 0) as taken,
            min(happened_at) as first_at,
            max(happened_at) as last_at
        from placed
        group by place, location, span
    ) as movements using (place, location, span)

)
{%- endmacro %}
