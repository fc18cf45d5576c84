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
