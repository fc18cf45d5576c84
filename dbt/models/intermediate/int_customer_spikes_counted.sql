with

pending as not materialized (

    select * from {{ ref('int_transactions_queued') }}

),

recalled as not materialized (

    select * from {{ ref('int_customer_transactions_recalled') }}

),

customer_days as (

    select * from {{ ref('int_customer_days_summed') }}

),

asking_customers as (

    select
        customer_id,
        min({{ day_start('day_number') }}) - interval '336 hours' as since
    from pending
    group by customer_id

),

spikes as (

    {{ standing_spikes('asking_customers', 'since') }}

    -- a rebuilt row stands already, and counts once
    union distinct

    select
        pending.transaction_id,
        pending.version
    from pending
    inner join customer_days on pending.row_id = customer_days.row_id
    where {{ amount_ratio_30d('pending', 'customer_days') }} > {{ spike_ratio() }}

),

recalled_spikes as (

    select
        recalled.reading_id,
        recalled.day_number,
        count(*) as spike_count
    from spikes
    inner join recalled
        on
            spikes.transaction_id = recalled.transaction_id
            and spikes.version = recalled.version
    group by recalled.reading_id, recalled.day_number

),

asked as (

    select distinct
        reading_id,
        day_number
    from recalled
    where row_id is not null

),

counted as (

    select
        asked.reading_id,
        asked.day_number,
        {{ over_days('entries.spike_count', 7) }} as customer_spike_count_7d,
        {{ over_days('entries.spike_count', 14) }} as customer_spike_count_14d
    from asked
    inner join recalled_spikes as entries
        on
            asked.reading_id = entries.reading_id
            and entries.day_number between asked.day_number - 14 and asked.day_number - 1
    group by asked.reading_id, asked.day_number

)

select
    recalled.row_id,
    counted.customer_spike_count_7d,
    counted.customer_spike_count_14d
from recalled
inner join counted
    on
        recalled.reading_id = counted.reading_id
        and recalled.day_number = counted.day_number
where recalled.row_id is not null
