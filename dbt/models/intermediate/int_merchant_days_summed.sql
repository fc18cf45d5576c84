{%- set rate_days = [1, 3, 7, 14, 21, 30] -%}
with

pending as not materialized (

    select * from {{ ref('int_transactions_queued') }}

),

booked as not materialized (

    select * from {{ ref('int_merchant_days_booked') }}

),

frauds as not materialized (

    select * from {{ ref('int_frauds_booked') }}

),

late_entries as (

    {% for book in ['booked', 'frauds'] -%}
        select
            merchant_id,
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
            pending.merchant_id = late_entries.merchant_id
            and pending.day_number > late_entries.day_number
            and pending.known_at < late_entries.known_at

),

row_questions as (

    select
        pending.row_id,
        pending.merchant_id,
        pending.day_number,
        case when early_rows.row_id is null then 'infinity' else pending.known_at end as as_of
    from pending
    left join early_rows on pending.row_id = early_rows.row_id
    where pending.merchant_id is not null

),

-- rows of one merchant and day share a question; the order is the order of the book's index
questions as (

    select distinct
        merchant_id,
        day_number,
        as_of
    from row_questions
    order by merchant_id, day_number, as_of

),

counts as (

    select
        questions.*,
        sums.*
    from questions
    cross join lateral (
        select
            {% for days in rate_days -%}
                {{ over_matured_days('entries.transaction_count', days) }}
                    as matured_count_{{ days }}d,
            {% endfor %}
            {{ over_days('entries.transaction_count', 1) }} as transaction_count_1d,
            {{ over_days('entries.transaction_count', 7) }} as transaction_count_7d,
            {{ over_days('entries.transaction_count', 30) }} as transaction_count_30d,
            {{ over_days_if_any('entries.check_count', 7) }} as check_count_7d,
            {{ over_days_if_any('entries.refund_count', 30) }} as refund_count_30d
        from booked as entries
        where
            entries.merchant_id = questions.merchant_id
            and entries.day_number
            between questions.day_number - {{ 30 + maturity_days() | int }}
            and questions.day_number - 1
            and entries.known_at <= questions.as_of
    ) as sums

),

-- frauds are few, so Postgres may start with them where there are many questions
fraud_counts as (

    select
        {% for days in rate_days -%}
            {{ over_matured_days('entries.fraud_count', days) }} as fraud_count_{{ days }}d,
        {% endfor %}
        questions.merchant_id,
        questions.day_number,
        questions.as_of
    from questions
    inner join frauds as entries
        on
            questions.merchant_id = entries.merchant_id
            and entries.day_number
            between questions.day_number - {{ 30 + maturity_days() | int }}
            and questions.day_number - 1
            and questions.as_of >= entries.known_at
    group by questions.merchant_id, questions.day_number, questions.as_of

)

select
    row_questions.row_id,
    -- without rows, a rate is null
    {% for days in rate_days -%}
        coalesce(counts.matured_count_{{ days }}d, 0) as merchant_matured_count_{{ days }}d,
        coalesce(fraud_counts.fraud_count_{{ days }}d, 0) as merchant_fraud_count_{{ days }}d,
        coalesce(fraud_counts.fraud_count_{{ days }}d, 0)::double precision
        / nullif(counts.matured_count_{{ days }}d, 0) as merchant_fraud_rate_{{ days }}d,
    {% endfor %}
    coalesce(counts.transaction_count_1d, 0) as merchant_transaction_count_1d,
    coalesce(counts.transaction_count_7d, 0) as merchant_transaction_count_7d,
    coalesce(counts.transaction_count_30d, 0) as merchant_transaction_count_30d,
    counts.check_count_7d::double precision
    / nullif(counts.transaction_count_7d, 0) as merchant_check_share_7d,
    {{ refund_share('counts.refund_count_30d', 'counts.transaction_count_30d') }}
        as merchant_refund_share_30d
from row_questions
left join counts
    on
        row_questions.merchant_id = counts.merchant_id
        and row_questions.day_number = counts.day_number
        and row_questions.as_of = counts.as_of
left join fraud_counts
    on
        row_questions.merchant_id = fraud_counts.merchant_id
        and row_questions.day_number = fraud_counts.day_number
        and row_questions.as_of = fraud_counts.as_of
