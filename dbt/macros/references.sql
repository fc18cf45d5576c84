{#-
    Reference rows are facts about a key, with two clocks. A row of transactions uses the fact that
    held at its instant and was known at its knowledge moment, so a later fact changes no feature.
-#}

{#- Whether a relation has rows. A model does not pay for a reference that never came. -#}
{% macro has_rows(relation) -%}
    {%- if not execute -%}
        {{ return(true) }}
    {%- endif -%}
    {{ return(run_query('select exists (select from ' ~ relation ~ ')').rows[0][0]) }}
{%- endmacro %}

{#-
    The fact about a row's key: of the newest valid_from, the newest version. Where the row does not
    need it, Postgres looks up nothing.
-#}
{% macro fact_of(reference, key, row, needed='true') -%}
    select facts.*
    from {{ reference }} as facts
    where
        {{ needed }}
        and facts.{{ key }} = {{ row }}.{{ key }}
        and facts.known_at <= {{ row }}.known_at
        and coalesce(facts.valid_from, '-infinity') <= {{ row }}.occurred_at
        and facts.delivery_seq <= (
            select max(queued.ledger_seq) from {{ ref('int_transactions_queued') }} as queued
        )
    order by facts.valid_from desc nulls last, facts.version desc
    limit 1
{%- endmacro %}

{#- Whether a row lacks what its merchant may give. -#}
{% macro lacks_a_value(row) -%}
    (
        {{ row }}.category is null
        or ({{ row }}.location_code is null and {{ row }}.merchant_latitude is null)
    )
{%- endmacro %}

{#- The row's code, or that of its merchant where the row has no place at all. -#}
{% macro merchants_location_code(row, merchants) -%}
    coalesce(
        {{ row }}.location_code,
        case when {{ row }}.merchant_latitude is null then {{ merchants }}.location_code end
    )
{%- endmacro %}

{#- The row's degrees, or those of its merchant where the row has no place at all. -#}
{% macro merchants_degrees(degrees, row, merchants) -%}
    coalesce(
        {{ row }}.merchant_{{ degrees }},
        case when {{ row }}.location_code is null then {{ merchants }}.{{ degrees }} end
    )
{%- endmacro %}
