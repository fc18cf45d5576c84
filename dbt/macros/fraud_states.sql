{#-
    What each touched transaction was at each moment of its own: its newest version, and whether
    its newest label says fraud.

    Expects the CTEs transactions, versions and labels; gives `states`.
-#}
{% macro fraud_states(position) -%}
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

)
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
