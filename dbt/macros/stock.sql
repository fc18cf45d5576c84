{#-
    The counts and movements that the nights of series know. Defines `series`, `nights`, `counts` and
    `moved`. Each series is read at a night: it has place, merchant_id, product_id, day_number and
    known_at. A version counts if its event lies before the end of the night's day and the night knows
    it; the newest one holds.
-#}
{% macro known_stock(series, days) -%}
levels as not materialized (

    select * from {{ ref('stg_ledger__stock_levels') }}

),

movements as not materialized (

    select * from {{ ref('stg_ledger__stock_movements') }}

),

series as materialized (

    {{ series }}

),

nights as (

    select distinct
        day_number,
        known_at,
        {{ day_start('day_number - ' ~ days ~ ' + 1') }} as starts_at,
        {{ day_start('day_number + 1') }} as ends_at
    from series

),

-- the batches of one count add up
counts as (

    select
        nights.day_number,
        levels.merchant_id,
        levels.product_id,
        levels.location,
        levels.counted_at as happened_at,
        true as is_count,
        sum(levels.on_hand) as pieces,
        sum(levels.reserved) as reserved,
        max(levels.known_at) as known_at
    from nights
    inner join levels
        on {{ is_stock_known('levels', 'counted_at', 'stock_level_id') }}
    group by 1, 2, 3, 4, 5
),

-- pieces of a transfer leave one location and come to another
moved as (
    {% for column in ['location', 'to_location'] %}
    select
        nights.day_number,
        movements.merchant_id,
        movements.product_id,
        movements.{{ column }} as location,
        movements.occurred_at as happened_at,
        false as is_count,
        {% if column == 'location' -%}
            case when movements.movement in ('receipt', 'return') then 1 else -1 end
            * movements.quantity as pieces,
        {%- else -%}
            movements.quantity as pieces,
        {%- endif %}
        movements.known_at
    from nights
    inner join movements
        on {{ is_stock_known('movements', 'occurred_at', 'stock_movement_id') }}
    where movements.{{ column }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)
{%- endmacro %}

{#-
    The stock of series over time: for each series the pieces after each change, until the next one.
    Defines `stock`. The stock of a series is that of the location with the name of its channel, and
    that of the locations with the name of no channel. At a location, it is the newest count and the
    movements since; a count holds what moved at its instant. A location without a count in the
    look-back adds nothing. The arguments are those of `known_stock`; a series has a channel too.
-#}
{% macro stock_over_time(series, days) -%}
{{ known_stock(series, days) }},

channels as (

    select distinct
        day_number,
        merchant_id,
        channel
    from series

),

-- the channel of a location, or none: any series of the product then has it
happened as (

    select
        events.*,
        coalesce(channels.channel, '') as name,
        channels.channel is null as is_shared
    from (
        select
            day_number,
            merchant_id,
            product_id,
            location,
            happened_at,
            is_count,
            pieces,
            known_at
        from counts
        union all
        select * from moved
    ) as events
    left join channels
        on
            events.day_number = channels.day_number
            and events.merchant_id = channels.merchant_id
            and events.location = channels.channel
    -- the offset keeps the join with the series behind this one, where it is by equality
    offset 0

),

owners as (

    select
        *,
        channel as name,
        false as is_shared
    from series
    union all
    select
        *,
        '' as name,
        true as is_shared
    from series

),

changes as (

    select
        owners.place,
        owners.day_number,
        happened.location,
        happened.happened_at,
        happened.is_count,
        happened.pieces,
        happened.known_at,
        count(*) filter (where happened.is_count) over (
            partition by owners.place, happened.location
            order by happened.happened_at, happened.is_count rows unbounded preceding
        ) as count_number
    from happened
    inner join owners
        on
            happened.day_number = owners.day_number
            and happened.merchant_id = owners.merchant_id
            and happened.product_id = owners.product_id
            and happened.name = owners.name
            and happened.is_shared = owners.is_shared

),

located as (

    select
        *,
        sum(pieces) over (partition by place, location, count_number order by happened_at) as level
    from changes
    where count_number > 0

),

differences as (

    select
        *,
        level - lag(level, 1, 0) over (
            partition by place, location order by happened_at, is_count
        ) as difference
    from located

),

stock as (

    select
        place,
        day_number,
        happened_at,
        lead(happened_at, 1, {{ day_start('day_number + 1') }}) over (
            partition by place order by happened_at
        ) as until_at,
        sum(difference) over (partition by place order by happened_at) as pieces,
        max(known_at) over (
            partition by place order by happened_at rows between unbounded preceding and 1 following
        ) as known_at
    from differences

)
{%- endmacro %}

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

{#-
    Whether a version of a stock event is the newest one that a night knows. A row without any
    correction passes by a hash of the corrected ids. For others, the offset keeps a look-up per row: a
    join would compare all rows with all corrections where these are newer than the statistics.
-#}
{% macro is_stock_known(rows, event, id) -%}
    {{ rows }}.{{ event }} >= nights.starts_at
            and {{ rows }}.{{ event }} < nights.ends_at
            and {{ rows }}.known_at <= nights.known_at
            and (
                {{ rows }}.{{ id }} not in (
                    select corrected.{{ id }} from {{ rows }} as corrected where corrected.version > 1
                )
                or not exists (
                    select 1
                    from {{ rows }} as newer
                    where
                        newer.{{ id }} = {{ rows }}.{{ id }}
                        and newer.version > {{ rows }}.version
                        and newer.version > 1
                        and newer.{{ event }} < nights.ends_at
                        and newer.known_at <= nights.known_at
                    offset 0
                )
            )
{%- endmacro %}

{#-
    The days of the shortages in `stock`: by series and day, and whether there was none all day. `keys`
    are the columns that name a series.
-#}
{% macro shortage_days(keys=['place']) -%}
shortages as (

    select
        {{ prefixed('stock', keys) }},
        days.day_number,
        sum(
            least(stock.until_at, {{ day_start('days.day_number + 1') }})
            - greatest(stock.happened_at, {{ day_start('days.day_number') }})
        ) >= interval '24 hours' as is_whole_day,
        max(stock.known_at) as known_at
    from stock
    cross join lateral generate_series(
        {{ utc_day('stock.happened_at') }},
        {{ utc_day("(stock.until_at - interval '1 microsecond')") }}
    ) as days (day_number)
    where stock.pieces <= 0 and stock.until_at > stock.happened_at
    group by {{ prefixed('stock', keys) }}, days.day_number

)
{%- endmacro %}

{#- The number of a text such as `12`; null where the text is no whole number of pieces. -#}
{% macro whole_pieces(text) -%}
    case
        when {{ text }} ~ '^ *0*[1-9][0-9]{0,8}([.]0*)? *$' then {{ text }}::double precision
    end
{%- endmacro %}
