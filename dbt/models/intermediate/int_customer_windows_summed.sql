with

recalled as not materialized (

    select * from {{ ref('int_customer_transactions_recalled') }}

),

-- of running windows: beyond 24 hours, only the last instant matters, with the previous row
earlier as (

    select
        reading_id,
        max(occurred_at) as occurred_at
    from recalled
    where not is_paired and not is_recent
    group by reading_id

),

nearest as not materialized (

    select recalled.*
    from recalled
    left join earlier
        on
            recalled.reading_id = earlier.reading_id
            and recalled.occurred_at = earlier.occurred_at
    where not recalled.is_paired and (recalled.is_recent or earlier.reading_id is not null)

),

located as (

    select
        nearest.*,
        first_value(nearest.location_code) over (
            partition by nearest.reading_id, nearest.occurred_at
            order by nearest.transaction_id desc
        ) as instant_location_code
    from nearest

),

summed as (

    select
        row_id,
        max(occurred_at) over before as previous_at,
        last_value(instant_location_code) over before as previous_location_code,
        count(*) over same_instant - 1 as customer_same_instant_count,
        {{ customer_sums(['3h', '6h', '12h', '24h']) }}
    from located
    window
        same_instant as (partition by reading_id, occurred_at),
        {{ before() }},
        {{ hour_windows([3, 6, 12, 24]) }}

)

select * from summed
where row_id is not null
