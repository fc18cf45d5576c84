{#- The strictness of a decision: 1 approve, 2 review, 3 decline. -#}
{% macro strictness(decision) -%}
    array_position(array['approve', 'review', 'decline'], {{ decision }})
{%- endmacro %}

{#- The different codes of a decision's reasons, in order; their weights and texts are left out. -#}
{% macro codes_of(reasons) -%}
    array(
        select distinct reason.value ->> 'code'
        from jsonb_array_elements({{ reasons }}) as reason (value)
        order by reason.value ->> 'code'
    )
{%- endmacro %}
