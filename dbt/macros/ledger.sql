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

{#- The anti-join of an append-only model: nothing that stands is written again. -#}
{% macro not_yet_in_this(row, keys) -%}
    {%- if is_incremental() -%}
        not exists (
            select 1 from {{ this }} as standing
            where {% for key in keys -%}
                standing.{{ key }} = {{ row }}.{{ key }}{{ ' and ' if not loop.last }}
            {%- endfor %}
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
