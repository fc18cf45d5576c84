{#-
    A model lands in exactly the schema that its folder names: one writer owns each of them. A
    rebuild (see rebuilds.sql) writes what a run builds into a schema of its own.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if var('rebuild', false) and custom_schema_name in ['intermediate', 'marts'] -%}
        rebuilt
    {%- else -%}
        {{ custom_schema_name or target.schema }}
    {%- endif -%}
{%- endmacro %}
