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
