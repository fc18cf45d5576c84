{#-
    Who else used the pending rows' devices or addresses in the 24 hours before. Most devices have
    one customer alone, whose own use of it stands in the customer's own past, and is left out here.
-#}
{% macro recalled_of_24h(entity, asked) -%}
with

pending as not materialized (

    select * from {{ ref('int_transactions_queued') }}

),

transactions as not materialized (

    select * from {{ ref('stg_ledger__transactions') }}

),

asked as not materialized (

    select * from {{ ref(asked) }}

),

{{
    recalled(
        entity,
        reaches_to=reaches_24h(),
        days=1,
        columns=['customer_id'],
        others_only=true,
    )
}}

select
    recalled.reading_id,
    recalled.row_id,
    recalled.customer_id,
    recalled.occurred_at,
    recalled.is_paired
from recalled
order by recalled.reading_id
{%- endmacro %}

{#- Distinct customers beside the row's own on its device or address in the 24 hours before. -#}
{% macro other_customers_in_past_24h(name) -%}
with

recalled as not materialized (

    select * from {{ ref('int_' ~ name ~ '_transactions_recalled') }}

),

traced as (

    select
        row_id,
        reading_id,
        occurred_at,
        {{ traced_values(['customer_id']) }}
    from recalled
    where not is_paired
    window
        {{ traced_windows(['customer_id']) }}

),

counted as (

    select
        row_id,
        {{ distinct_in_past_24h('customer_id') }}
        - {{ was_used_24h('customer_id') }}::integer as {{ name }}_other_customer_distinct_24h
    from traced
    window
        {{ before() }},
        {{ before_past_24h() }}

),

paired as (

    select
        asking.row_id,
        seen.*
    from recalled as asking
    cross join lateral (
        select count(distinct seen.customer_id) as {{ name }}_other_customer_distinct_24h
        from recalled as seen
        where
            {{ is_shown_to_it() }}
            and {{ is_in_past(24) }}
            and seen.customer_id <> asking.customer_id
    ) as seen
    where {{ asks_in_pairs() }}

)

select * from counted
where row_id is not null

union all

select * from paired
{%- endmacro %}

{#- All distinct customers of the row's device or address: its own, if it used it, and others. -#}
{% macro customers_in_past_24h(entity, name) -%}
    case
        when pending.{{ entity }} is not null
            then
                coalesce(counterparties.{{ name }}_other_customer_distinct_24h, 0)
                + customers.has_used_{{ name }}_24h::integer
    end
{%- endmacro %}
