{{ config(materialized='ephemeral') }}

{#-
    A reading is a view of one entity's rows at one state of knowledge. Each pending row reads the
    newest version, known at its own known_at, of every row of its entity. Usually nothing within
    its reach changes afterwards; such rows share one reading of the newest versions. Every other
    pending row gets a reading at its own known_at. Plain windows, partitioned by reading, are
    therefore exact for late rows, corrections and rebuilds.

    One part per entity. A model that selects one entity pays for this entity only: Postgres drops
    the other parts at planning time.
-#}
{%- set reach_30d = day_start('pending.day_number') ~ " - interval '720 hours'" -%}
{%- set reach_24h = "pending.occurred_at - interval '24 hours'" -%}
{%- set entities = [
    ('customer_id', ref('int_customers_asked'), reach_30d, 30),
    ('device_id', ref('int_devices_asked'), reach_24h, 1),
    ('ip_address', ref('int_ip_addresses_asked'), reach_24h, 1),
] -%}

{% for entity, entity_rows, reaches_to, days in entities %}
    (
        with

        corrections as not materialized (

            select * from {{ ref('stg_ledger__transaction_corrections') }} -- noqa: AM04

        ),

        -- every version of the entities' rows, with row_id where the version is pending
        candidates as (

            select
                transactions.*,
                pending.row_id,
                {{ reaches_to }} as reaches_to
            from {{ entity_rows }} as entities
            inner join {{ ref('stg_ledger__transactions') }} as transactions
                on
                    entities.{{ entity }} = transactions.{{ entity }}
                    and entities.reaches_to <= transactions.occurred_at
                    and entities.asked_until >= transactions.occurred_at
            left join {{ ref('int_transactions_queued') }} as pending
                on
                    transactions.transaction_id = pending.transaction_id
                    and transactions.version = pending.version
            where
                {{ within_days('transactions.occurred_at', days_before_pending(days)) }}
                and transactions.delivery_seq <= (
                    select max(queued.ledger_seq)
                    from {{ ref('int_transactions_queued') }} as queued
                )

        ),

        -- most versions are never replaced, so this list is short
        replacements as (

            select
                candidates.transaction_id,
                candidates.version,
                min(corrections.known_at) as superseded_at
            from corrections
            inner join candidates
                on
                    corrections.transaction_id = candidates.transaction_id
                    and corrections.version > candidates.version
            group by candidates.transaction_id, candidates.version

        ),

        -- settled_at: from this moment, all rows up to this row's instant have their present form
        settled_versions as (

            select
                candidates.*,
                replacements.superseded_at,
                coalesce(replacements.superseded_at <= candidates.known_at, false) as is_stillborn,
                max(greatest(candidates.known_at, replacements.superseded_at)) over (
                    partition by candidates.{{ entity }} order by candidates.occurred_at
                    range between unbounded preceding and current row
                ) as settled_at
            from candidates
            left join replacements
                on
                    candidates.transaction_id = replacements.transaction_id
                    and candidates.version = replacements.version

        ),

        -- a version replaced before it was known belongs to its own reading only
        versions as (

            select
                settled_versions.*,
                case
                    when settled_versions.row_id is null then null
                    when
                        settled_versions.is_stillborn
                        or settled_versions.settled_at > settled_versions.known_at
                        then settled_versions.known_at
                    else 'infinity'
                end as as_of,
                case
                    when settled_versions.row_id is not null and settled_versions.is_stillborn
                        then settled_versions.row_id
                end as own_row_id
            from settled_versions

        ),

        readings as (

            select
                row_number() over () as reading_id,
                {{ entity }},
                as_of,
                own_row_id,
                max(case when own_row_id is not null then transaction_id end)
                    as own_transaction_id,
                min(reaches_to) as reaches_to,
                min(occurred_at) - interval '24 hours' as recent_from,
                max(occurred_at) as asked_until,
                {{ is_paired() }} as is_paired
            from versions
            where as_of is not null
            group by {{ entity }}, as_of, own_row_id

        )

        select
            '{{ entity }}' as entity,
            readings.reading_id,
            -- the pending row itself, in its own reading
            case
                when
                    versions.as_of = readings.as_of
                    and coalesce(versions.own_row_id, 0) = coalesce(readings.own_row_id, 0)
                    then versions.row_id
            end as row_id,
            versions.transaction_id,
            versions.version,
            versions.occurred_at,
            versions.occurred_at >= readings.recent_from as is_recent,
            readings.is_paired,
            {{ prefixed('versions', [
                'known_at', 'customer_id', 'kind', 'is_payment', 'spent_base_minor', 'merchant_id',
                'device_id', 'location_code', 'merchant_latitude', 'merchant_longitude',
                'ip_address', 'channel', 'category', 'currency', 'transaction_type', 'card_bin',
            ]) }}
        from readings
        inner join versions
            on
                versions.{{ entity }} = readings.{{ entity }}
                and versions.occurred_at between readings.reaches_to and readings.asked_until
                and versions.known_at <= readings.as_of
                and (
                    versions.row_id = readings.own_row_id
                    or (
                        (
                            versions.superseded_at is null
                            or versions.superseded_at > readings.as_of
                        )
                        and (
                            readings.own_transaction_id is null
                            or readings.own_transaction_id <> versions.transaction_id
                        )
                    )
                )
    )
    {{ 'union all' if not loop.last }}
{% endfor %}
