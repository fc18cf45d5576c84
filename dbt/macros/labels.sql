{#- The rank of a provenance; of labels known at the same instant, the lowest rank wins. -#}
{% macro provenance_rank(provenance) -%}
    coalesce(
        array_position(
            string_to_array('{{ var('label_provenance_ranks', 'chargeback') }}', ','),
            {{ provenance }}
        ),
        1000
    )
{%- endmacro %}
