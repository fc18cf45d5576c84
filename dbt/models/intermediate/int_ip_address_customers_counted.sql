-- distinct customers other than the row's own on its network address in the 24 hours before
with

recalled as not materialized (

    select * from {{ ref('int_ip_address_transactions_recalled') }}

),

traces as (

    select
        row_id,
        reading_id,
        occurred_at,
        max(occurred_at) over same_customer_id as customer_id_seen_at,
        {{ starts_run('customer_id') }} as customer_id_starts,
        {{ ends_run('customer_id') }} as customer_id_ends
    from recalled
    where not is_paired and is_payment
    window
        {{ same_value_windows(['customer_id']) }}

),

counts as (

    select
        row_id,
        {{ distinct_in_past_24h('customer_id') }}
        - {{ was_used_24h('customer_id') }}::integer as ip_address_other_customer_distinct_24h
    from traces
    window
        {{ before() }},
        {{ before_past_24h() }}

),

paired_counts as (

    select
        pending.row_id,
        other_customers.*
    from recalled as pending
    cross join
        lateral (
            select count(distinct past.customer_id) as ip_address_other_customer_distinct_24h
            from recalled as past
            where
                {{ is_in_reading() }}
                and past.is_payment
                and past.occurred_at >= pending.occurred_at - interval '24 hours'
                and past.occurred_at < pending.occurred_at
                and past.customer_id <> pending.customer_id
        ) as other_customers
    where {{ is_asked_in_pairs() }}

)

select * from counts
where row_id is not null

union all

select * from paired_counts
