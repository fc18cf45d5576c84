{#-
    The schema of a model is exactly the schema of its folder, without a prefix of the target. A
    rebuild (see rebuilds.sql) writes the models of a run to schema `rebuilt`.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if var('rebuild', false) and custom_schema_name in ['intermediate', 'marts'] -%}
        rebuilt
    {%- else -%}
        {{ custom_schema_name or target.schema }}
    {%- endif -%}
{%- endmacro %}
