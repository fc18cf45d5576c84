{#-
    The stock of series by location: for each series and location the pieces after each change. Defines
    `located`. At a location, the stock is the newest count and the movements since; before the first
    count (`count_number` 0), `level` has the movements alone. A count holds what moved at its instant,
    so it follows the movements of that instant.

    Each series is read at a night: it has place, merchant_id, product_id, channel, day_number and
    known_at. Its locations are the one with the name of its channel, and those with the name of no
    channel of the merchant. A version counts if its event lies before the end of the night's day and
    the night knows it; the newest one holds.
-#}
{% macro stock_by_location(series, days) -%}
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

channels as (

    select distinct
        day_number,
        merchant_id,
        channel
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
        0 as reserved,
        movements.known_at
    from nights
    inner join movements
        on {{ is_stock_known('movements', 'occurred_at', 'stock_movement_id') }}
    where movements.{{ column }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

-- the channel of a location, or none: any series of the product then has it
happened as (

    select
        events.*,
        coalesce(channels.channel, '') as name,
        channels.channel is null as is_shared
    from (select * from counts union all select * from moved) as events
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
        happened.reserved,
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
        sum(pieces) over since_count as level,
        first_value(happened_at) over since_count as counted_at,
        first_value(reserved) over since_count as counted_reserved
    from changes
    window
        since_count as (partition by place, location, count_number order by happened_at)

)
{%- endmacro %}

{#-
    The stock of series over time: for each series the pieces after each change, until the next one.
    Defines `stock`. The stock of a series is that of all its locations. A location without a count in
    the look-back adds nothing. The arguments are those of `stock_by_location`.
-#}
{% macro stock_over_time(series, days) -%}
{{ stock_by_location(series, days) }},

differences as (

    select
        *,
        level - lag(level, 1, 0) over (
            partition by place, location order by happened_at, is_count
        ) as difference
    from located
    where count_number > 0

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
