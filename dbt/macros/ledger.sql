{#-
    A feature table as it is in the warehouse, or none before the first build. The table is not a
    ref(): the models that read it are built before it.
-#}
{% macro built_features(mart) -%}
    {{ return(adapter.get_relation(target.database, 'marts', mart) if execute else none) }}
{%- endmacro %}

{#-
    The range of admissions that a build reads, as constants: `built`, the newest admission that has
    feature rows, and `newest`, the newest of all. Ingest assigns delivery_seq under a lock, so no
    row can appear later at or below the newest value.
-#}
{% macro queue_position(mart='feat_transactions') -%}
    {%- set deliveries = ref('stg_ledger__deliveries') -%}
    {%- if not execute -%}
        {{ return({'built': 0, 'newest': 0}) }}
    {%- endif -%}
    {%- set features = none if var('rebuild', false) else built_features(mart) -%}
    {%- set row = run_query(
        'select '
        ~ ('(select coalesce(max(delivery_seq), 0) from ' ~ features ~ ')' if features else '0')
        ~ ', coalesce(max(delivery_seq), 0) from ' ~ deliveries
    ).rows[0] -%}
    {{ return({'built': row[0] | int, 'newest': row[1] | int}) }}
{%- endmacro %}

{#- Whether a row version has no features yet: the anti-join of the append-only table. -#}
{% macro has_no_features(row, mart='feat_transactions', id='transaction_id') -%}
    {%- set features = built_features(mart) -%}
    {%- if features -%}
        not exists (
            select 1 from {{ features }} as features
            where
                features.{{ id }} = {{ row }}.{{ id }}
                and features.version = {{ row }}.version
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
