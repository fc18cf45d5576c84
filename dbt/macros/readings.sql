{#-
    A reading is a view of one entity's rows as somebody knew them. Each pending row reads what was
    known at its own known_at: the newest version, by then, of every row of its entity. Where nothing
    that it can see changed afterwards (the usual case), rows share one reading of newest versions;
    otherwise the row gets the reading of its own known_at. So plain windows, partitioned by reading,
    are exact for late rows, corrections and replays too.

    Expects a CTE `candidates`: every version of the entities' rows, with row_id where it is pending.
    Gives the CTEs `superseded`, `settled` and `readings`.
-#}
{% macro readings(entity) -%}
corrections as not materialized (

    select * from {{ ref('stg_ledger__transaction_corrections') }}

),

-- when a later version took a row's place; most rows have none, and the list of those is short
superseded as (

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

-- settled_at: when everything up to this row's instant had taken its present form
settled as (

    select
        candidates.*,
        superseded.superseded_at,
        coalesce(superseded.superseded_at <= candidates.known_at, false) as is_stillborn,
        max(greatest(candidates.known_at, superseded.superseded_at)) over (
            partition by candidates.{{ entity }} order by candidates.occurred_at
            range between unbounded preceding and current row
        ) as settled_at
    from candidates
    left join superseded
        on
            candidates.transaction_id = superseded.transaction_id
            and candidates.version = superseded.version

),

-- a version that was replaced before it was known stands in nobody's reading but its own
addressed as (

    select
        settled.*,
        case
            when settled.row_id is null then null
            when settled.is_stillborn or settled.settled_at > settled.known_at
                then settled.known_at
            else 'infinity'
        end as as_of,
        case when settled.row_id is not null and settled.is_stillborn then settled.row_id end
            as own_row_id
    from settled

),

readings as (

    select
        row_number() over () as reading_id,
        {{ entity }},
        as_of,
        own_row_id,
        max(own_transaction_id) as own_transaction_id,
        min(reaches_to) as reaches_to,
        min(occurred_at) - interval '24 hours' as recent_from,
        max(occurred_at) as asked_until,
        {{ is_paired() }} as is_paired
    from (
        select
            addressed.*,
            case when addressed.own_row_id is not null then addressed.transaction_id end
                as own_transaction_id
        from addressed
        where addressed.as_of is not null
    ) as asking
    group by {{ entity }}, as_of, own_row_id

)
{%- endmacro %}

{#- The rows that a reading sees, joined as `readings` and `addressed`. -#}
{% macro reading_sees(entity) -%}
    addressed.{{ entity }} = readings.{{ entity }}
    and addressed.occurred_at between readings.reaches_to and readings.asked_until
    and addressed.known_at <= readings.as_of
    and (
        addressed.row_id = readings.own_row_id
        or (
            (addressed.superseded_at is null or addressed.superseded_at > readings.as_of)
            and (
                readings.own_transaction_id is null
                or readings.own_transaction_id <> addressed.transaction_id
            )
        )
    )
{%- endmacro %}

{#- The pending row itself, where this is the reading that it asked for. -#}
{% macro row_id_in_its_reading() -%}
    case
        when
            addressed.as_of = readings.as_of
            and coalesce(addressed.own_row_id, 0) = coalesce(readings.own_row_id, 0)
            then addressed.row_id
    end
{%- endmacro %}
