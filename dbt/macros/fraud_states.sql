{#-
    The state of each changed transaction at each moment of its own: its newest version, and
    whether its newest label says fraud.

    Needs the CTEs transactions, versions and labels; defines `states`. Part of `fraud_book`.
-#}
{% macro fraud_states(position) -%}
-- a transaction without any positive label never enters the book
changed_transactions as (

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

changed_versions as (

    select versions.*
    from changed_transactions
    inner join versions on changed_transactions.transaction_id = versions.transaction_id
    where versions.delivery_seq <= {{ position.new_seq }}

),

changed_labels as (

    select labels.*
    from changed_transactions
    inner join labels on changed_transactions.transaction_id = labels.transaction_id
    where labels.delivery_seq <= {{ position.new_seq }}

),

moments as (

    select
        transaction_id,
        known_at,
        max(delivery_seq) as delivery_seq
    from (
        select transaction_id, known_at, delivery_seq from changed_versions
        union all
        select transaction_id, known_at, delivery_seq from changed_labels
    ) as changes
    group by transaction_id, known_at

),

-- at each moment: the newest version known by then, then the newest label known by then
moment_versions as (

    select distinct on (moments.transaction_id, moments.known_at)
        moments.*,
        changed_versions.version,
        changed_versions.customer_id,
        changed_versions.occurred_at
    from moments
    inner join changed_versions
        on
            moments.transaction_id = changed_versions.transaction_id
            and moments.known_at >= changed_versions.known_at
    order by moments.transaction_id, moments.known_at, changed_versions.version desc

),

states as (

    select distinct on (moment_versions.transaction_id, moment_versions.known_at)
        moment_versions.*,
        coalesce(changed_labels.is_fraud, false) as is_fraud
    from moment_versions
    left join changed_labels
        on
            moment_versions.transaction_id = changed_labels.transaction_id
            and moment_versions.known_at >= changed_labels.known_at
    order by
        moment_versions.transaction_id, moment_versions.known_at,
        changed_labels.known_at desc nulls last, changed_labels.provenance_rank,
        changed_labels.version desc

)
{%- endmacro %}

{#- The days of all versions that may enter or leave the book, as a query for `within_days`. -#}
{% macro days_changed(position) -%}
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
