with

recalled as (

    select * from {{ ref('int_customer_transactions_recalled') }}

),

-- beyond 24 hours, only the last instant matters: it holds the previous row
earlier as (

    select
        reading_id,
        max(occurred_at) as occurred_at
    from recalled
    where not is_recent
    group by reading_id

),

-- of several rows at one instant, the last by id says where the customer was
located as (

    select
        recalled.*,
        first_value(recalled.location_code) over (
            partition by recalled.reading_id, recalled.occurred_at
            order by recalled.transaction_id desc
        ) as instant_location_code
    from recalled
    left join earlier
        on
            recalled.reading_id = earlier.reading_id
            and recalled.occurred_at = earlier.occurred_at
    where recalled.is_recent or earlier.reading_id is not null

),

summed as (

    select
        row_id,
        count(*) over same_instant - 1 as customer_same_instant_count,
        max(occurred_at) over before as previous_at,
        last_value(instant_location_code) over before as previous_location_code,
        {{ customer_sums(['3h', '6h', '12h', '24h']) }}
    from located
    window
        same_instant as (partition by reading_id, occurred_at),
        {{ before() }},
        {{ hour_windows([3, 6, 12, 24]) }}

)

select * from summed
where row_id is not null
