{#-
    The lines of a day book since its last position: the newly booked transactions and, with the
    opposite sign, the transactions that a correction replaced.

    Needs the CTEs transactions, versions and corrections; defines `lines`. Part of `day_book`.
-#}
{% macro day_lines(entity, position) -%}
additions as (

    select
        {{ entity }},
        occurred_at,
        known_at,
        1 as sign,
        kind,
        is_payment,
        spent_base_minor
    from transactions
    where
        {{ is_newly_booked(position, 'delivery_seq', 'occurred_at') }}
        and {{ within_days('occurred_at', days_newly_booked(position)) }}
        and not {{ is_stillborn('transactions') }}

),

withdrawals as (

    select
        replaced.{{ entity }},
        replaced.occurred_at,
        corrections.known_at,
        -1 as sign,
        replaced.kind,
        replaced.is_payment,
        -replaced.spent_base_minor as spent_base_minor
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
        {{ is_newly_booked(position, 'corrections.delivery_seq', 'replaced.occurred_at') }}
        and {{ within_days('replaced.occurred_at', days_newly_withdrawn(position)) }}
        and not {{ is_stillborn('corrections') }}
        -- a correction is never known before the day of the row it replaces
        and (
            corrections.delivery_seq > {{ position.old_seq }}
            or corrections.known_at >= {{ day_start(position.old_until) }}
        )

),

lines as (

    select * from additions
    union all
    select * from withdrawals

)
{%- endmacro %}
