{#- Great-circle distance between two places, on a sphere of 6371.0088 km. -#}
{% macro kilometres(origin, destination) -%}
    2 * 6371.0088 * asin(
        sqrt(
            least(
                1,
                power(sin(radians({{ destination }}.latitude - {{ origin }}.latitude) / 2), 2)
                + cos(radians({{ origin }}.latitude)) * cos(radians({{ destination }}.latitude))
                * power(sin(radians({{ destination }}.longitude - {{ origin }}.longitude) / 2), 2)
            )
        )
    )
{%- endmacro %}
