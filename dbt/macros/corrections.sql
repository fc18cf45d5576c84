{#-
    Whether a later version had taken the place of a row, by some moment or at any time.

    Expects the CTE corrections.
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

{#- Replaced before it was known: such a version never counted for anybody. -#}
{% macro is_stillborn(row) -%}
    {{ is_replaced(row, by=row ~ '.known_at') }}
{%- endmacro %}
