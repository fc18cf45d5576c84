with

pending as (

    select * from {{ ref('int_transactions_queued') }}

),

booked as not materialized (

    select * from {{ ref('int_merchant_days_booked') }}

),

frauds as not materialized (

    select * from {{ ref('int_frauds_booked') }}

),

{{ asked_days('merchant_id') }},

counted as (

    select
        asked.*,
        sums.*
    from asked
    cross join lateral (
        select
            {{ day_counts([1, 7, 30]) }},
            {{
                matured_counts(
                    'entries.transaction_count', 'matured_count', [1, 3, 7, 14, 21, 30]
                )
            }}
        {{ entries_asked_for('booked', 'merchant_id', 30 + maturity_days() | int) }}
    ) as sums

),

frauds_counted as (

    select
        asked.*,
        sums.*
    from asked
    cross join lateral (
        select
            {{ matured_counts('entries.fraud_count', 'fraud_count', [1, 3, 7, 14, 21, 30]) }}
        {{ entries_asked_for('frauds', 'merchant_id', 30 + maturity_days() | int) }}
    ) as sums

)

select
    asking.row_id,
    {{ day_count_columns('merchant', [1, 7, 30]) }},
    {{ fraud_rate_columns('merchant', [1, 3, 7, 14, 21, 30]) }}
from asking
left join counted
    on
        asking.merchant_id = counted.merchant_id
        and asking.day_number = counted.day_number
        and asking.as_of = counted.as_of
left join frauds_counted
    on
        asking.merchant_id = frauds_counted.merchant_id
        and asking.day_number = frauds_counted.day_number
        and asking.as_of = frauds_counted.as_of
