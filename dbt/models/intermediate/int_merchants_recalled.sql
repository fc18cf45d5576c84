{{ config(materialized='ephemeral') }}

{%- set merchants = ref('stg_ledger__merchants') %}

-- the fact about the merchant of each pending row; no rows where no reference of merchants came
select
    pending.row_id,
    merchants.location_code,
    merchants.latitude,
    merchants.longitude,
    merchants.opened_on
{% if has_rows(merchants) -%}
    from {{ ref('int_transactions_queued') }} as pending
    cross join lateral ({{ fact_of(merchants, 'merchant_id', 'pending') }}) as merchants
{% else -%}
    from {{ ref('int_transactions_queued') }} as pending
    inner join {{ merchants }} as merchants on false
{% endif %}
