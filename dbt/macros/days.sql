{#-
    Sums over whole days before the day of a question (see the models int_*_days_summed), over the
    entries of a day book.
-#}

{#- The sum over the days [D - first, D - last). -#}
{% macro over_days(measure, first, last=0) -%}
    sum({{ measure }}) filter (
        where
        entries.day_number >= questions.day_number - {{ first }}
        and entries.day_number < questions.day_number - {{ last }}
    )
{%- endmacro %}

{#- The sum over `days` days that ended a label maturity ago; fraud rates use these days only. -#}
{% macro over_matured_days(measure, days) -%}
    coalesce({{ over_days(measure, maturity_days() | int + days, maturity_days()) }}, 0)
{%- endmacro %}
