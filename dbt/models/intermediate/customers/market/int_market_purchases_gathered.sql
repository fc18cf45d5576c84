{%- set spans -%}
    select int4range(earlier_day, last_day, '[]') from {{ ref('int_market_months_queued') }}
{%- endset -%}
with

months as (

    select * from {{ ref('int_market_months_queued') }}

),

transactions as not materialized (

    select * from {{ ref('stg_ledger__transactions') }}

),

corrections as not materialized (

    select * from {{ ref('stg_ledger__transaction_corrections') }}

),

merchants as not materialized (

    select * from {{ ref('stg_ledger__merchants') }}

),

purchases as (

    select
        months.month_start,
        {{ utc_day('transactions.occurred_at') }} >= months.first_day as is_now,
        transactions.customer_id,
        transactions.merchant_id,
        coalesce(
            transactions.category,
            (
                select merchants.category
                from merchants
                where
                    merchants.merchant_id = transactions.merchant_id
                    and merchants.known_at <= transactions.known_at
                    and coalesce(merchants.valid_from, '-infinity') <= transactions.occurred_at
                order by merchants.valid_from desc nulls last, merchants.version desc
                limit 1
            )
        ) as category,
        transactions.spent_base_minor
    from months
    inner join transactions
        on
            {{ day_start('months.earlier_day') }} <= transactions.occurred_at
            and {{ day_start('months.last_day + 1') }} > transactions.occurred_at
            and months.known_at >= transactions.known_at
    where
        transactions.spent_base_minor > 0
        and transactions.merchant_id is not null
        and {{ within_days('transactions.occurred_at', spans) }}
        and not exists (
            select 1
            from corrections
            where
                corrections.transaction_id = transactions.transaction_id
                and corrections.version > transactions.version
                and corrections.known_at <= months.known_at
        )

)

select
    month_start,
    is_now,
    merchant_id,
    customer_id,
    category,
    sum(spent_base_minor)::bigint as spent_minor
from purchases
where category is not null
group by month_start, is_now, merchant_id, customer_id, category
