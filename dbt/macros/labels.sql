{#- Who wins among labels that became known at the same instant: a lower rank. -#}
{% macro provenance_rank(provenance) -%}
    coalesce(
        array_position(
            string_to_array('{{ var('label_provenance_ranks', 'chargeback') }}', ','),
            {{ provenance }}
        ),
        1000
    )
{%- endmacro %}
