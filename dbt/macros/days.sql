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

{#- The number of refunds and reversals, or of card checks; older entries of a book have null. -#}
{% macro over_days_if_any(measure, days) -%}
    coalesce({{ over_days(measure, days) }}, 0)
{%- endmacro %}

{#- The sum over `days` days that ended a label maturity ago; fraud rates use these days only. -#}
{% macro over_matured_days(measure, days) -%}
    coalesce({{ over_days(measure, maturity_days() | int + days, maturity_days()) }}, 0)
{%- endmacro %}

{#- Refunds and reversals over all rows, which is a share even where a month has refunds alone. -#}
{% macro refund_share(refunds, payments) -%}
    {{ refunds }}::double precision / nullif({{ refunds }} + coalesce({{ payments }}, 0), 0)
{%- endmacro %}
