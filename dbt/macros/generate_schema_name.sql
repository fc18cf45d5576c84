{#- A model lands in exactly the schema that its folder names: one writer owns each of them. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
