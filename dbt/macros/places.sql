{#-
    Great-circle distance between two places, on a sphere of 6371.0088 km; null if one is unknown.
    `least` keeps a rounded value within the domain of asin. `least` ignores nulls, so the case
    handles them.
-#}
{% macro kilometres(origin, destination) -%}
    case
        when {{ origin }}.latitude is not null and {{ destination }}.latitude is not null
            then
                2 * 6371.0088 * asin(
                    sqrt(
                        least(
                            1,
                            power(
                                sin(
                                    radians({{ destination }}.latitude - {{ origin }}.latitude) / 2
                                ),
                                2
                            )
                            + cos(radians({{ origin }}.latitude))
                            * cos(radians({{ destination }}.latitude))
                            * power(
                                sin(
                                    radians({{ destination }}.longitude - {{ origin }}.longitude)
                                    / 2
                                ),
                                2
                            )
                        )
                    )
                )
    end
{%- endmacro %}
