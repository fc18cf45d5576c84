{#-
    Whole days before the row's day, read from an entity's book. Rows of one entity and day share
    an answer unless an entry that they would read became known after one of them.

    Expects the CTEs pending and the named books; gives `asking` and `asked`.
-#}
{% macro asked_days(entity, books=['booked', 'frauds']) -%}
late as (

    {% for book in books -%}
        select
            {{ entity }},
            day_number,
            known_at
        from {{ book }}
        where is_late and known_at > (select min(known_at) from pending)
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

contested as (

    select distinct pending.row_id
    from pending
    inner join late
        on
            pending.{{ entity }} = late.{{ entity }}
            and pending.day_number > late.day_number
            and pending.known_at < late.known_at

),

asking as (

    select
        pending.row_id,
        pending.{{ entity }},
        pending.day_number,
        case when contested.row_id is null then 'infinity' else pending.known_at end as as_of
    from pending
    left join contested on pending.row_id = contested.row_id
    where pending.{{ entity }} is not null

),

asked as (

    select distinct
        {{ entity }},
        day_number,
        as_of
    from asking
    -- in the order of the book's index: neighbours ask for neighbouring entries
    order by {{ entity }}, day_number, as_of

)
{%- endmacro %}

{#-
    The entries of one book that one question may read, reaching `days` back: an index scan for each
    question, whose cost no length of history can change.
-#}
{% macro entries_asked_for(book, entity, days) -%}
    from {{ book }} as entries
    where
        entries.{{ entity }} = asked.{{ entity }}
        and entries.day_number between asked.day_number - {{ days }} and asked.day_number - 1
        and entries.known_at <= asked.as_of
{%- endmacro %}

{#- The sum over the days [D - first, D - last). -#}
{% macro over_days(measure, first, last=0) -%}
    sum({{ measure }}) filter (
        where
        entries.day_number >= asked.day_number - {{ first }}
        and entries.day_number < asked.day_number - {{ last }}
    )
{%- endmacro %}
