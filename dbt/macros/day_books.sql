{#-
    The SQL of a day book, shared by the four books. A day book has one entry per (entity, UTC day)
    for all rows known by the end of the day, and one more entry per later known_at. A correction
    books the old row with a minus and the new row with a plus. The entries with known_at <= k add
    up to the state known at k.

    transaction_count counts payments: purchases and card checks. priced_count and amount_minor are of
    purchases. refund_count counts refunds and reversals. Entries of before there were kinds have null
    for check_count and refund_count: all of their transactions were purchases.
-#}
{% macro day_book(entity) -%}
{%- set position = book_position(0) -%}
with

transactions as not materialized (

    select * from {{ ref('stg_ledger__transactions') }}

),

versions as not materialized (

    select * from {{ ref('stg_ledger__transaction_versions') }}

),

corrections as not materialized (

    select * from {{ ref('stg_ledger__transaction_corrections') }}

),

{{ day_lines(entity, position) }},

entries as (

    select
        {{ entity }},
        {{ utc_day('occurred_at') }} as day_number,
        greatest(known_at, {{ day_start(utc_day('occurred_at') ~ ' + 1') }}) as known_at,
        sum(case when is_payment then sign else 0 end)::integer as transaction_count,
        sum(case when spent_base_minor is not null then sign else 0 end)::integer as priced_count,
        coalesce(sum(spent_base_minor), 0)::bigint as amount_minor,
        sum(case when kind = 'check' then sign else 0 end)::integer as check_count,
        sum(case when is_payment then 0 else sign end)::integer as refund_count
    from lines
    where {{ entity }} is not null
    group by 1, 2, 3
    having sum(sign) <> 0 or count(*) filter (where sign < 0) > 0

)

select
    entries.*,
    entries.known_at > {{ day_start('entries.day_number + 1') }} as is_late,
    {{ position.new_seq }}::bigint as booked_seq,
    {{ position.new_until }} as booked_until
from entries

union all

select
    null as {{ entity }},
    null as day_number,
    null as known_at,
    0 as transaction_count,
    0 as priced_count,
    0 as amount_minor,
    0 as check_count,
    0 as refund_count,
    false as is_late,
    {{ position.new_seq }}::bigint as booked_seq,
    {{ position.new_until }} as booked_until
where {{ has_moved(position) }}
{%- endmacro %}
