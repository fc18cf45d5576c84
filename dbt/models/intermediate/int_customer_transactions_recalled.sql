{{ config(indexes=[{'columns': ['is_paired', 'reading_id', 'occurred_at']}]) }}

{%- set pending = ref('int_transactions_queued') -%}
{%- set transactions = ref('stg_ledger__transactions') -%}
{%- set customers = ref('int_customers_asked') -%}
{%- set corrected = ref('int_transactions_corrected') -%}
{%- set columns = [
    'kind', 'is_payment', 'spent_base_minor', 'merchant_id', 'device_id', 'location_code',
    'ip_address', 'channel', 'category', 'currency', 'transaction_type', 'card_bin',
] -%}
{%- set placing = ['known_at', 'merchant_latitude', 'merchant_longitude'] -%}
{%- set merchants = ref('stg_ledger__merchants') -%}
{%- set has_merchants = has_rows(merchants) %}

with

{% if queue_is_newest_delivery() -%}
    past as (

        select
            customers.reading_id,
            null::bigint as row_id,
            transactions.transaction_id,
            transactions.version,
            transactions.occurred_at,
            transactions.occurred_at >= customers.recent_from as is_recent,
            customers.is_paired,
            {{ prefixed('transactions', columns + placing) }}
        from {{ customers }} as customers
        inner join {{ transactions }} as transactions
            on
                customers.customer_id = transactions.customer_id
                and customers.reaches_to <= transactions.occurred_at
                and customers.asked_until >= transactions.occurred_at
        where
            {{ within_days('transactions.occurred_at', days_before_pending(30)) }}
            and transactions.delivery_seq < {{ first_delivery_queued() }}
            and not exists (
                select 1 from {{ corrected }} as corrected
                where
                    transactions.transaction_id = corrected.transaction_id
                    and transactions.version < corrected.newest_version
            )

    ),

    readings as (

        select * from past

        union all

        select
            customers.reading_id,
            pending.row_id,
            pending.transaction_id,
            pending.version,
            pending.occurred_at,
            true as is_recent,
            customers.is_paired,
            {{ prefixed('pending', columns + placing) }}
        from {{ customers }} as customers
        inner join {{ pending }} as pending on customers.customer_id = pending.customer_id

    )
{% else -%}
    readings as (

        select
            reading_id,
            row_id,
            transaction_id,
            version,
            occurred_at,
            is_recent,
            is_paired,
            {{ (columns + placing) | join(', ') }}
        from {{ ref('int_readings_recalled') }}
        where entity = 'customer_id'

    )
{% endif %}

select
    {{ prefixed('readings', ['reading_id', 'row_id', 'transaction_id', 'version', 'occurred_at']) }},
    {{ prefixed('readings', ['is_recent', 'is_paired']) }},
    {{ prefixed('readings', columns | reject('in', ['category', 'location_code']) | list) }},
    {% if has_merchants -%}
        -- what the row lacks, its merchant gives, as it was known with the row
        coalesce(readings.category, merchants.category) as category,
        {{ merchants_location_code('readings', 'merchants') }} as location_code,
        {{
            place(
                merchants_location_code('readings', 'merchants'),
                merchants_degrees('latitude', 'readings', 'merchants'),
                merchants_degrees('longitude', 'readings', 'merchants'),
            )
        }} as place,
    {% else -%}
        readings.category,
        readings.location_code,
        {{
            place(
                'readings.location_code',
                'readings.merchant_latitude',
                'readings.merchant_longitude',
            )
        }} as place,
    {% endif -%}
    {{ utc_day('readings.occurred_at') }} as day_number
from readings
{% if has_merchants -%}
    left join
        lateral (
            {{ fact_of(merchants, 'merchant_id', 'readings', needed=lacks_a_value('readings')) }}
        ) as merchants on true
{% endif -%}
-- the rows of one reading lie together: paired pending rows look them up
order by readings.reading_id
