{#-
    The configuration of a book: rows are added, never rewritten. Logged, because what it holds must
    survive a crash together with the features that were read from it.
-#}
{% macro append_only(key) -%}
    {{
        return({
            'materialized': 'incremental',
            'incremental_strategy': 'append',
            'on_schema_change': 'fail',
            'unlogged': false,
            'indexes': [{'columns': key}, {'columns': ['booked_seq']}, {'columns': ['booked_until']}],
            'post_hook': [
                'create index if not exists ' ~ model.name ~ '_late on {{ this }} (known_at) where is_late',
            ],
        })
    }}
{%- endmacro %}

{#- Reads that later builds make of the feature table, and fresh statistics for them. -#}
{% macro feature_table_upkeep() -%}
    {{
        return([
            'create index if not exists feat_transactions_spikes on {{ this }}'
            ~ ' (customer_id, occurred_at) where customer_amount_ratio_30d > ' ~ spike_ratio(),
        ])
    }}
{%- endmacro %}
