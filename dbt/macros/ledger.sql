{#-
    What a build is to read, as constants: `built`, the newest admission that has feature rows, and
    `newest`, the newest of all. delivery_seq is given under the ingest lock: up to its newest value,
    nothing can still appear. The feature table is not a ref(): it reads the models that ask.
-#}
{% macro queue_position(mart='feat_transactions') -%}
    {%- set deliveries = ref('stg_ledger__deliveries') -%}
    {%- if not execute -%}
        {{ return({'built': 0, 'newest': 0}) }}
    {%- endif -%}
    {%- set standing = none if var('rebuild', false)
        else adapter.get_relation(target.database, 'marts', mart) -%}
    {%- set row = run_query(
        'select '
        ~ ('(select coalesce(max(delivery_seq), 0) from ' ~ standing ~ ')' if standing else '0')
        ~ ', coalesce(max(delivery_seq), 0) from ' ~ deliveries
    ).rows[0] -%}
    {{ return({'built': row[0] | int, 'newest': row[1] | int}) }}
{%- endmacro %}

{#- The anti-join of the append-only table: a version that has features is not built again. -#}
{% macro has_no_features(row, mart='feat_transactions', id='transaction_id') -%}
    {%- set built = none -%}
    {%- if execute -%}
        {%- set built = adapter.get_relation(target.database, 'marts', mart) -%}
    {%- endif -%}
    {%- if built -%}
        not exists (
            select 1 from {{ built }} as standing
            where
                standing.{{ id }} = {{ row }}.{{ id }}
                and standing.version = {{ row }}.version
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
