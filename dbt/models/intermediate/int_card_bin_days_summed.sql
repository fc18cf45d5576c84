with

pending as (

    select * from {{ ref('int_transactions_queued') }}

),

booked as not materialized (

    select * from {{ ref('int_card_bin_days_booked') }}

),

frauds as not materialized (

    select * from {{ ref('int_frauds_booked') }}

),

{{ asked_days('card_bin') }},

counted as (

    select
        asked.*,
        sums.*
    from asked
    cross join lateral (
        select
            {{ matured_counts('entries.transaction_count', 'matured_count', [30]) }}
        {{ entries_asked_for('booked', 'card_bin', 30 + maturity_days() | int) }}
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
        {{ entries_asked_for('frauds', 'card_bin', 30 + maturity_days() | int) }}
    ) as sums

)

select
    asking.row_id,
    {{ fraud_rate_columns('card_bin', [30]) }}
from asking
left join counted
    on
        asking.card_bin = counted.card_bin
        and asking.day_number = counted.day_number
        and asking.as_of = counted.as_of
left join frauds_counted
    on
        asking.card_bin = frauds_counted.card_bin
        and asking.day_number = frauds_counted.day_number
        and asking.as_of = frauds_counted.as_of
