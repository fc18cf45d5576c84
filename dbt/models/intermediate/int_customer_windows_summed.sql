with

recalled as not materialized (

    select * from {{ ref('int_customer_transactions_recalled') }}
    where is_payment

),

-- beyond 24 hours, running windows need only the last instant, for the previous row
earlier_instants as (

    select
        reading_id,
        max(occurred_at) as occurred_at
    from recalled
    where not is_paired and not is_recent
    group by reading_id

),

nearest_rows as not materialized (

    select recalled.*
    from recalled
    left join earlier_instants
        on
            recalled.reading_id = earlier_instants.reading_id
            and recalled.occurred_at = earlier_instants.occurred_at
    where
        not recalled.is_paired
        and (recalled.is_recent or earlier_instants.reading_id is not null)

),

-- of several rows at one instant, the last by id gives the place of the customer
located_rows as (

    select
        nearest_rows.*,
        first_value(nearest_rows.place) over (
            partition by nearest_rows.reading_id, nearest_rows.occurred_at
            order by nearest_rows.transaction_id desc
        ) as instant_place
    from nearest_rows

),

sums as (

    select
        row_id,
        -- integers in, integers out: a sum of bigint slides in linear time
        {% for hours in [3, 6, 12, 24] -%}
            count(*) over past_{{ hours }}h as customer_transaction_count_{{ hours }}h,
            count(spent_base_minor) over past_{{ hours }}h
                as customer_priced_count_{{ hours }}h,
            sum(spent_base_minor) over past_{{ hours }}h as customer_amount_minor_{{ hours }}h,
        {% endfor %}
        count(*) filter (where kind = 'check') over past_24h as customer_check_count_24h,
        count(*) over same_instant - 1 as customer_same_instant_count,
        max(occurred_at) over before as previous_at,
        last_value(instant_place) over before as previous_place
    from located_rows
    window
        same_instant as (partition by reading_id, occurred_at),
        {{ before() }},
        {{ hour_windows([3, 6, 12, 24]) }}

)

select * from sums
where row_id is not null
