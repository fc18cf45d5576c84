{#-
    The book of frauds: one entry when a transaction starts to count as a fraud, one with the
    opposite sign when it ceases to (its label is revoked, or its row corrected). An entry counts
    from the maturity of its day on, or from its own known_at where that is later.
-#}
{% macro fraud_book() -%}
{%- set position = book_position(maturity_days() | int) -%}
with

transactions as not materialized (

    select * from {{ ref('stg_ledger__transactions') }}

),

versions as not materialized (

    select * from {{ ref('stg_ledger__transaction_versions') }}

),

labels as not materialized (

    select * from {{ ref('stg_ledger__transaction_labels') }}

),

-- without a positive label at any time, a transaction never enters the book
touched as (

    select labels.transaction_id
    from labels
    where
        labels.delivery_seq > {{ position.old_seq }}
        and labels.delivery_seq <= {{ position.new_seq }}
        and exists (
            select 1 from labels as frauds
            where frauds.transaction_id = labels.transaction_id and frauds.is_fraud
        )

    union

    select transactions.transaction_id
    from transactions
    inner join labels on transactions.transaction_id = labels.transaction_id
    where
        labels.is_fraud
        and {{ within_days('transactions.occurred_at', days_newly_booked(position)) }}
        and (
            transactions.delivery_seq > {{ position.old_seq }}
            or (
                transactions.occurred_at >= {{ day_start(position.old_until) }}
                and transactions.occurred_at < {{ day_start(position.new_until) }}
            )
        )

),

touched_versions as (

    select versions.*
    from touched
    inner join versions on touched.transaction_id = versions.transaction_id
    where versions.delivery_seq <= {{ position.new_seq }}

),

touched_labels as (

    select labels.*
    from touched
    inner join labels on touched.transaction_id = labels.transaction_id
    where labels.delivery_seq <= {{ position.new_seq }}

),

moments as (

    select
        transaction_id,
        known_at,
        max(delivery_seq) as delivery_seq
    from (
        select transaction_id, known_at, delivery_seq from touched_versions
        union all
        select transaction_id, known_at, delivery_seq from touched_labels
    ) as news
    group by transaction_id, known_at

),

-- at each moment: the newest version, and the newest label, known by then
versions_then as (

    select distinct on (moments.transaction_id, moments.known_at)
        moments.*,
        touched_versions.version,
        touched_versions.customer_id,
        touched_versions.occurred_at
    from moments
    inner join touched_versions
        on
            moments.transaction_id = touched_versions.transaction_id
            and moments.known_at >= touched_versions.known_at
    order by moments.transaction_id, moments.known_at, touched_versions.version desc

),

states as (

    select distinct on (versions_then.transaction_id, versions_then.known_at)
        versions_then.*,
        coalesce(touched_labels.is_fraud, false) as is_fraud
    from versions_then
    left join touched_labels
        on
            versions_then.transaction_id = touched_labels.transaction_id
            and versions_then.known_at >= touched_labels.known_at
    order by
        versions_then.transaction_id, versions_then.known_at,
        touched_labels.known_at desc nulls last, touched_labels.provenance_rank,
        touched_labels.version desc

),

changes as (

    select
        states.*,
        lag(version) over past as old_version,
        lag(customer_id) over past as old_customer_id,
        lag(occurred_at) over past as old_occurred_at,
        coalesce(lag(is_fraud) over past, false) as was_fraud
    from states
    window past as (partition by transaction_id order by known_at)

),

lines as (

    select
        transaction_id, version, customer_id, occurred_at, known_at, delivery_seq, 1 as sign
    from changes
    where is_fraud and not (was_fraud and old_version = version)

    union all

    select
        transaction_id, old_version, old_customer_id, old_occurred_at, known_at, delivery_seq, -1
    from changes
    where was_fraud and not (is_fraud and old_version = version)

),

entries as (

    select
        transactions.transaction_id,
        transactions.merchant_id,
        transactions.card_bin,
        transactions.device_id,
        {{ utc_day('transactions.occurred_at') }} as day_number,
        greatest(
            lines.known_at,
            {{ day_start(utc_day('transactions.occurred_at') ~ ' + 1 + ' ~ maturity_days()) }}
        ) as known_at,
        lines.sign as fraud_count
    from lines
    inner join transactions
        on
            lines.customer_id = transactions.customer_id
            and lines.occurred_at = transactions.occurred_at
            and lines.transaction_id = transactions.transaction_id
            and lines.version = transactions.version
    where
        {{ is_newly_booked(position, 'lines.delivery_seq', 'lines.occurred_at') }}
        and {{ within_days('transactions.occurred_at', days_touched(position)) }}

)

select
    entries.*,
    entries.known_at > {{ day_start('entries.day_number + 1 + ' ~ maturity_days()) }} as is_late,
    {{ position.new_seq }}::bigint as booked_seq,
    {{ position.new_until }} as booked_until
from entries

union all

select
    null as transaction_id,
    null as merchant_id,
    null as card_bin,
    null as device_id,
    null as day_number,
    null as known_at,
    0 as fraud_count,
    false as is_late,
    {{ position.new_seq }}::bigint as booked_seq,
    {{ position.new_until }} as booked_until
where {{ has_moved(position) }}
{%- endmacro %}

{#- The days of every version of a row that may enter the book, or leave it. -#}
{% macro days_touched(position) -%}
    {{ days_newly_booked(position) }}
    union all
    {{ days_newly_withdrawn(position) }}
    union all
    select int4range({{ utc_day('versions.occurred_at') }}, {{ utc_day('versions.occurred_at') }}, '[]')
    from {{ ref('stg_ledger__transaction_labels') }} as labels
    inner join {{ ref('stg_ledger__transaction_versions') }} as versions
        on labels.transaction_id = versions.transaction_id
    where labels.delivery_seq > {{ position.old_seq }}
{%- endmacro %}
