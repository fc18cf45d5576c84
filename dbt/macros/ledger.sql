{#- The newest admission that has feature rows. Not a ref(): the table reads the models that ask. -#}
{% macro built_seq() -%}
    {%- set built = none -%}
    {%- if execute -%}
        {%- set built = adapter.get_relation(target.database, 'marts', 'feat_transactions') -%}
    {%- endif -%}
    {%- if built -%}
        (select coalesce(max(delivery_seq), 0) from {{ built }})
    {%- else -%}
        0::bigint
    {%- endif -%}
{%- endmacro %}

{#- The anti-join of the append-only table: a version that has features is not built again. -#}
{% macro has_no_features(row) -%}
    {%- set built = none -%}
    {%- if execute -%}
        {%- set built = adapter.get_relation(target.database, 'marts', 'feat_transactions') -%}
    {%- endif -%}
    {%- if built -%}
        not exists (
            select 1 from {{ built }} as standing
            where
                standing.transaction_id = {{ row }}.transaction_id
                and standing.version = {{ row }}.version
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
