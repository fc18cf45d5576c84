{{ config(materialized='ephemeral') }}

{%- set customers = ref('stg_ledger__customers') %}

-- the fact about the customer of each pending row; no rows where no reference of customers came
select
    pending.row_id,
    customers.location_code,
    customers.latitude,
    customers.longitude,
    customers.opened_on
{% if has_rows(customers) -%}
    from {{ ref('int_transactions_queued') }} as pending
    cross join lateral ({{ fact_of(customers, 'customer_id', 'pending') }}) as customers
{% else -%}
    from {{ ref('int_transactions_queued') }} as pending
    inner join {{ customers }} as customers on false
{% endif %}
