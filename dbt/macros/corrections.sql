{#-
    Whether a later version replaces a version, at any time or known by a given moment. Needs
    `corrections`, the staging view of later versions, in the query.
-#}
{% macro is_replaced(row, by=none) -%}
    exists (
        select 1
        from corrections as replacing
        where
            replacing.transaction_id = {{ row }}.transaction_id
            and replacing.version > {{ row }}.version
            {%- if by %}
            and replacing.known_at <= {{ by }}
            {%- endif %}
    )
{%- endmacro %}

{#- Whether a version is replaced before it is known. Such a version never counts. -#}
{% macro is_stillborn(row) -%}
    {{ is_replaced(row, by=row ~ '.known_at') }}
{%- endmacro %}
