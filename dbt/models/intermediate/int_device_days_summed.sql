with

pending as (

    select * from {{ ref('int_transactions_queued') }}

),

booked as not materialized (

    select * from {{ ref('int_device_days_booked') }}

),

frauds as not materialized (

    select * from {{ ref('int_frauds_booked') }}

),

{{ asked_days('device_id') }},

counted as (

    select
        asked.*,
        sums.*
    from asked
    cross join lateral (
        select
            {{ matured_counts('entries.transaction_count', 'matured_count', [30]) }}
        {{ entries_asked_for('booked', 'device_id', 30 + maturity_days() | int) }}
    ) as sums

),

frauds_counted as (

    select
        asked.*,
        sums.*
    from asked
    cross join lateral (
        select
            {{ matured_counts('entries.fraud_count', 'fraud_count', [30]) }}
        {{ entries_asked_for('frauds', 'device_id', 30 + maturity_days() | int) }}
    ) as sums

)

select
    asking.row_id,
    {{ fraud_rate_columns('device', [30]) }}
from asking
left join counted
    on
        asking.device_id = counted.device_id
        and asking.day_number = counted.day_number
        and asking.as_of = counted.as_of
left join frauds_counted
    on
        asking.device_id = frauds_counted.device_id
        and asking.day_number = frauds_counted.day_number
        and asking.as_of = frauds_counted.as_of
