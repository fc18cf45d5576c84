{#- An amount far above what the customer usually spends: the mark of a leaked card. -#}
{% macro spike_ratio() -%}
    2.5
{%- endmacro %}

{#- Amount over the customer's average of 30 whole days, both in minor units. -#}
{% macro amount_ratio(amount, total, priced) -%}
    {{ amount }}::double precision
    / nullif({{ total }}::double precision / nullif({{ priced }}, 0), 0)
{%- endmacro %}

{#- One expression for the stored ratio and for the flag of a row that is not stored yet. -#}
{% macro amount_ratio_30d(row, days) -%}
    {{
        amount_ratio(
            row ~ '.amount_base_minor',
            days ~ '.customer_amount_minor_30d',
            days ~ '.customer_priced_count_30d',
        )
    }}
{%- endmacro %}

{#- Spikes among the feature rows that stand: each row's own flag, as of that row. -#}
{% macro standing_spikes(customers, since) -%}
    {%- set built = none -%}
    {%- if execute -%}
        {%- set built = adapter.get_relation(target.database, 'marts', 'feat_transactions') -%}
    {%- endif -%}
    select
        standing.transaction_id,
        standing.version
    {% if built -%}
    from {{ built }} as standing
    inner join {{ customers }} as customers
        on
            standing.customer_id = customers.customer_id
            and standing.occurred_at >= customers.{{ since }}
    where standing.customer_amount_ratio_30d > {{ spike_ratio() }}
    {%- else -%}
    from (
        select
            null::text as transaction_id,
            null::integer as version
        from {{ customers }}
    ) as standing
    where false
    {%- endif %}
{%- endmacro %}
