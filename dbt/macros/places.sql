{#-
    Great-circle distance between two places, on a sphere of 6371.0088 km; null if one is unknown.
    A place is a pair of columns such as home_latitude and home_longitude. `least` keeps a rounded
    value within the domain of asin. `least` ignores nulls, so the case handles them.
-#}
{% macro kilometres(origin, destination) -%}
    case
        when {{ origin }}_latitude is not null and {{ destination }}_latitude is not null
            then
                2 * 6371.0088 * asin(
                    sqrt(
                        least(
                            1,
                            power(
                                sin(
                                    radians({{ destination }}_latitude - {{ origin }}_latitude) / 2
                                ),
                                2
                            )
                            + cos(radians({{ origin }}_latitude))
                            * cos(radians({{ destination }}_latitude))
                            * power(
                                sin(
                                    radians({{ destination }}_longitude - {{ origin }}_longitude)
                                    / 2
                                ),
                                2
                            )
                        )
                    )
                )
    end
{%- endmacro %}

{#-
    A code and coordinates in one text, so that a window carries one column. The parts follow
    separators that no delivered text may hold; without coordinates the place is the code.
-#}
{% macro place(code, latitude, longitude) -%}
    case
        when {{ latitude }} is not null
            then concat({{ code }}, chr(31), {{ latitude }}, chr(31), {{ longitude }})
        else {{ code }}
    end
{%- endmacro %}

{#- A part of a place: 1 is its code, 2 and 3 are its latitude and longitude. -#}
{% macro place_part(place, part) -%}
    nullif(split_part({{ place }}, chr(31), {{ part }}), '')
{%- endmacro %}

{#- A join to the place of a code, as it was known with a row. -#}
{% macro is_place(places, code, row) -%}
    {{ code }} = {{ places }}.location_code
    and {{ row }}.known_at >= {{ places }}.known_from
    and {{ row }}.known_at < {{ places }}.known_until
{%- endmacro %}
