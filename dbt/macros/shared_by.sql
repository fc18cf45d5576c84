{#- What the pending rows' devices or addresses did in the 24 hours before, and for whom. -#}
{% macro recalled_of_24h(entity) -%}
with

pending as not materialized (

    select * from {{ ref('int_transactions_queued') }}

),

transactions as not materialized (

    select * from {{ ref('stg_ledger__transactions') }}

),

{{
    recalled(
        entity, reaches_to="occurred_at - interval '24 hours'", days=1, columns=['customer_id']
    )
}}

select
    reading_id,
    row_id,
    customer_id,
    occurred_at,
    is_paired
from recalled
{%- endmacro %}

{#- Distinct customers that used one device or address in the 24 hours before the row. -#}
{% macro customers_in_past_24h(name) -%}
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
        {{ distinct_in_past_24h('customer_id') }} as {{ name }}_customer_distinct_24h
    from traced
    window
        {{ before() }},
        {{ before_past_24h() }}

),

paired as (

    select
        asking.row_id,
        {{ paired_distinct('customer_id') }} as {{ name }}_customer_distinct_24h
    {{ pairs() }}
    group by asking.row_id

)

select * from counted
where row_id is not null

union all

select * from paired
{%- endmacro %}
