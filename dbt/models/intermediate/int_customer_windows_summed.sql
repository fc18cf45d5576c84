with

recalled as (

    select * from {{ ref('int_customer_transactions_recalled') }}

),

summed as (

    select
        row_id,
        count(*) over same_instant - 1 as customer_same_instant_count,
        {{ customer_sums(['3h', '6h', '12h', '24h']) }}
    from recalled
    window
        same_instant as (partition by reading_id, occurred_at),
        {{ hour_windows([3, 6, 12, 24]) }}

)

select * from summed
where row_id is not null
