with

pending as not materialized (

    select * from {{ ref('int_transactions_queued') }}

),

booked as not materialized (

    select * from {{ ref('int_device_days_booked') }}

),

frauds as not materialized (

    select * from {{ ref('int_frauds_booked') }}

),

late_entries as (

    {% for book in ['booked', 'frauds'] -%}
        select
            device_id,
            day_number,
            known_at
        from {{ book }}
        where is_late and known_at > (select min(pending.known_at) from pending)
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- rows within whose reach an entry became known later
early_rows as (

    select distinct pending.row_id
    from pending
    inner join late_entries
        on
            pending.device_id = late_entries.device_id
            and pending.day_number > late_entries.day_number
            and pending.known_at < late_entries.known_at

),

row_questions as (

    select
        pending.row_id,
        pending.device_id,
        pending.day_number,
        case when early_rows.row_id is null then 'infinity' else pending.known_at end as as_of
    from pending
    left join early_rows on pending.row_id = early_rows.row_id
    where pending.device_id is not null

),

-- rows of one device and day share a question; the order is the order of the book's index
questions as (

    select distinct
        device_id,
        day_number,
        as_of
    from row_questions
    order by device_id, day_number, as_of

),

counts as (

    select
        questions.*,
        sums.*
    from questions
    cross join lateral (
        select
            {{ over_matured_days('entries.transaction_count', 30) }} as matured_count_30d
        from booked as entries
        where
            entries.device_id = questions.device_id
            and entries.day_number
            between questions.day_number - {{ 30 + maturity_days() | int }}
            and questions.day_number - 1
            and entries.known_at <= questions.as_of
    ) as sums

),

-- frauds are few, so Postgres may start with them where there are many questions
fraud_counts as (

    select
        questions.device_id,
        questions.day_number,
        questions.as_of,
        {{ over_matured_days('entries.fraud_count', 30) }} as fraud_count_30d
    from questions
    inner join frauds as entries
        on
            questions.device_id = entries.device_id
            and entries.day_number
            between questions.day_number - {{ 30 + maturity_days() | int }}
            and questions.day_number - 1
            and questions.as_of >= entries.known_at
    group by questions.device_id, questions.day_number, questions.as_of

)

select
    row_questions.row_id,
    coalesce(counts.matured_count_30d, 0) as device_matured_count_30d,
    coalesce(fraud_counts.fraud_count_30d, 0) as device_fraud_count_30d,
    -- without rows, the rate is null
    coalesce(fraud_counts.fraud_count_30d, 0)::double precision
    / nullif(counts.matured_count_30d, 0) as device_fraud_rate_30d
from row_questions
left join counts
    on
        row_questions.device_id = counts.device_id
        and row_questions.day_number = counts.day_number
        and row_questions.as_of = counts.as_of
left join fraud_counts
    on
        row_questions.device_id = fraud_counts.device_id
        and row_questions.day_number = fraud_counts.day_number
        and row_questions.as_of = fraud_counts.as_of
