{#-
    Day books: per (entity, UTC day) one entry with everything known by the day's end, plus one per
    later known_at; a correction books minus the old and plus the new. Entries with
    known_at <= k add up to what was known at k.

    What stands in a book is a function of two numbers: the newest admission it has read, and the
    first day that was still open. Each build writes what lies between the old pair and the new one,
    and a marker row (no entity, nothing counted) that carries the new pair.
-#}
{% macro book_position(lag_days) -%}
booked as (

    select
        {% if is_incremental() -%}
            coalesce(max(booked_seq), 0) as seq,
            coalesce(max(booked_until), -36500) as until
            from {{ this }}
        {%- else -%}
            0::bigint as seq,
            -36500 as until
        {%- endif %}

),

closing as (

    select
        booked.seq as old_seq,
        booked.until as old_until,
        max(pending.ledger_seq) as new_seq,
        greatest(booked.until, max({{ utc_day('pending.known_at') }}) - {{ lag_days }}) as new_until
    from booked
    cross join pending
    group by booked.seq, booked.until

),

horizon as (

    select
        least(
            min(coalesce(admissions.first_occurred_at, '-infinity')),
            min({{ day_start('closing.old_until') }})
        ) as opened_at
    from closing
    left join admissions
        on
            admissions.delivery_seq > closing.old_seq
            and admissions.feed = 'transactions'
            and admissions.rows_admitted > 0

)
{%- endmacro %}

{#- Rows whose entry is new: of an admission not read yet, or of a day that has just closed. -#}
{% macro is_newly_booked(seq, instant) -%}
    {{ seq }} <= (select new_seq from closing)
    and {{ instant }} < (select {{ day_start('new_until') }} from closing)
    and (
        {{ seq }} > (select old_seq from closing)
        or {{ instant }} >= (select {{ day_start('old_until') }} from closing)
    )
{%- endmacro %}

{#- Replaced before it was known: such a version never counted for anybody. -#}
{% macro is_stillborn(row) -%}
    exists (
        select 1
        from corrections as replacing
        where
            replacing.transaction_id = {{ row }}.transaction_id
            and replacing.version > {{ row }}.version
            and replacing.known_at <= {{ row }}.known_at
    )
{%- endmacro %}

{% macro day_book(entity) -%}
with

pending as (

    select * from {{ ref('int_transactions_queued') }}

),

admissions as not materialized (

    select * from {{ ref('stg_ledger__deliveries') }}

),

transactions as not materialized (

    select * from {{ ref('stg_ledger__transactions') }}

),

versions as not materialized (

    select * from {{ ref('stg_ledger__transaction_versions') }}

),

corrections as not materialized (

    select * from {{ ref('stg_ledger__transaction_corrections') }}

),

{{ book_position(0) }},

counted as (

    select
        {{ entity }},
        occurred_at,
        known_at,
        1 as sign,
        amount_base_minor
    from transactions
    where
        {{ is_newly_booked('delivery_seq', 'occurred_at') }}
        and occurred_at >= (select opened_at from horizon)
        and not {{ is_stillborn('transactions') }}

),

withdrawn as (

    select
        replaced.{{ entity }},
        replaced.occurred_at,
        corrections.known_at,
        -1 as sign,
        -replaced.amount_base_minor as amount_base_minor
    from corrections
    cross join lateral (
        select
            versions.version,
            versions.customer_id,
            versions.occurred_at
        from versions
        where
            versions.transaction_id = corrections.transaction_id
            and versions.version < corrections.version
            and not {{ is_stillborn('versions') }}
        order by versions.version desc
        limit 1
    ) as preceding
    inner join transactions as replaced
        on
            preceding.customer_id = replaced.customer_id
            and preceding.occurred_at = replaced.occurred_at
            and preceding.version = replaced.version
            and corrections.transaction_id = replaced.transaction_id
    where
        {{ is_newly_booked('corrections.delivery_seq', 'replaced.occurred_at') }}
        and not {{ is_stillborn('corrections') }}
        -- a correction is known no earlier than the day of what it replaces
        and (
            corrections.delivery_seq > (select old_seq from closing)
            or corrections.known_at >= (select {{ day_start('old_until') }} from closing)
        )

),

entries as (

    select
        {{ entity }},
        {{ utc_day('occurred_at') }} as day_number,
        greatest(known_at, {{ day_start(utc_day('occurred_at') ~ ' + 1') }}) as known_at,
        sum(sign)::integer as transaction_count,
        sum(case when amount_base_minor is not null then sign else 0 end)::integer as priced_count,
        coalesce(sum(amount_base_minor), 0)::bigint as amount_minor
    from (
        select * from counted
        union all
        select * from withdrawn
    ) as lines
    where {{ entity }} is not null
    group by 1, 2, 3
    having sum(sign) <> 0 or count(*) filter (where sign < 0) > 0

)

select
    entries.*,
    entries.known_at > {{ day_start('entries.day_number + 1') }} as is_late,
    closing.new_seq as booked_seq,
    closing.new_until as booked_until
from entries
cross join closing

union all

select
    null as {{ entity }},
    null as day_number,
    null as known_at,
    0 as transaction_count,
    0 as priced_count,
    0 as amount_minor,
    false as is_late,
    new_seq as booked_seq,
    new_until as booked_until
from closing
where new_seq is not null
{%- endmacro %}
