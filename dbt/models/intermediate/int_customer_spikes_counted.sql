{%- set features = built_features('feat_transactions') -%}

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

-- unused before the first build
queued_customers as ( -- noqa: ST03

    select
        customer_id,
        min({{ day_start('day_number') }}) - interval '336 hours' as since
    from pending
    group by customer_id

),

spikes as (

    {% if features -%}
        select
            features.transaction_id,
            features.version
        from {{ features }} as features
        inner join queued_customers
            on
                features.customer_id = queued_customers.customer_id
                and features.occurred_at >= queued_customers.since
        where features.customer_amount_ratio_30d > {{ spike_ratio() }}

        -- distinct: a rebuilt row is already in the feature table, and counts once
        union distinct
    {%- endif %}

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
    where recalled.kind = 'purchase'
    group by recalled.reading_id, recalled.day_number

),

questions as (

    select distinct
        reading_id,
        day_number
    from recalled
    where row_id is not null

),

counts as (

    select
        questions.reading_id,
        questions.day_number,
        {{ over_days('entries.spike_count', 7) }} as customer_spike_count_7d,
        {{ over_days('entries.spike_count', 14) }} as customer_spike_count_14d
    from questions
    inner join recalled_spikes as entries
        on
            questions.reading_id = entries.reading_id
            and entries.day_number between questions.day_number - 14 and questions.day_number - 1
    group by questions.reading_id, questions.day_number

)

select
    recalled.row_id,
    counts.customer_spike_count_7d,
    counts.customer_spike_count_14d
from recalled
inner join counts
    on
        recalled.reading_id = counts.reading_id
        and recalled.day_number = counts.day_number
where recalled.row_id is not null
