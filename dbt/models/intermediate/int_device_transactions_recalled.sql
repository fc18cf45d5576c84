{{ config(indexes=[{'columns': ['is_paired', 'reading_id', 'occurred_at']}]) }}

{%- set pending = ref('int_transactions_queued') -%}
{%- set transactions = ref('stg_ledger__transactions') -%}
{%- set devices = ref('int_devices_asked') -%}
{%- set corrected = ref('int_transactions_corrected') %}

with

{% if queue_is_newest_delivery() -%}
    -- the rows of a single customer are left out: the customer's own past holds them
    past as (

        select
            devices.reading_id,
            null::bigint as row_id,
            transactions.customer_id,
            transactions.occurred_at,
            transactions.is_payment,
            devices.is_paired
        from {{ devices }} as devices
        inner join {{ transactions }} as transactions
            on
                devices.device_id = transactions.device_id
                and devices.reaches_to <= transactions.occurred_at
                and devices.asked_until >= transactions.occurred_at
                and transactions.customer_id is distinct from devices.own_customer_id
        where
            {{ within_days('transactions.occurred_at', days_before_pending(1)) }}
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
            devices.reading_id,
            pending.row_id,
            pending.customer_id,
            pending.occurred_at,
            pending.is_payment,
            devices.is_paired
        from {{ devices }} as devices
        inner join {{ pending }} as pending on devices.device_id = pending.device_id
        where
            devices.own_customer_id is null
            or devices.reading_id in (select past.reading_id from past)

    )
{% else -%}
    readings as (

        select
            reading_id,
            row_id,
            customer_id,
            occurred_at,
            is_payment,
            is_paired
        from {{ ref('int_readings_recalled') }}
        where entity = 'device_id'

    )
{% endif %}

select * from readings
order by reading_id
