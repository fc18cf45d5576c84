{#-
    Series of demand: a product of a merchant in a channel. Means are per observed day: a day with a
    shortage of stock is missing. Days without units and without a shortage have no row, so the
    columns count them from the age of the series.
-#}

{#- The days of sales that a series-night reads, its own day included; the view has the same number. -#}
{% macro demand_days() -%}
    420
{%- endmacro %}

{#- The days of sales that an estimate of prices reads: two years of whole weeks. -#}
{% macro price_days() -%}
    728
{%- endmacro %}

{#- The days ahead that a forecast covers. -#}
{% macro demand_horizon() -%}
    28
{%- endmacro %}

{#- The days before the newest night whose forecasts are measured on the days that have closed. -#}
{% macro accuracy_days() -%}
    56
{%- endmacro %}

{#- A year of whole weeks. -#}
{% macro demand_year() -%}
    364
{%- endmacro %}

{#- The days among the first `days` days before a night's end on which a series lives. -#}
{% macro lived_days(days) -%}
    least({{ days }}, age_days + 1)
{%- endmacro %}

{#- Those without a shortage. -#}
{% macro observed_days(days) -%}
    ({{ lived_days(days) }} - missing_days_{{ days }})
{%- endmacro %}

{#- The sum of the weights (1 - a)^k of the newest `count` values. -#}
{% macro sum_of_weights(smoothing, count) -%}
    ((1 - power(1 - {{ smoothing }}::double precision, {{ count }})) / {{ smoothing }})
{%- endmacro %}

{#-
    A quantile between neighbours by a straight line, of the values of a sorted array and of zeros
    before them: `count` values in all. Null without any.
-#}
{% macro quantile_after_zeros(sorted, count, share) -%}
    {%- set place -%} (({{ count }} - 1) * {{ share }}::double precision) {%- endset -%}
    {%- set zeros -%} ({{ count }} - coalesce(cardinality({{ sorted }}), 0)) {%- endset -%}
    {%- set lower -%}
        coalesce(({{ sorted }})[floor({{ place }})::integer - {{ zeros }} + 1], 0)
    {%- endset -%}
    {%- set upper -%}
        coalesce(({{ sorted }})[ceil({{ place }})::integer - {{ zeros }} + 1], 0)
    {%- endset -%}
    case
        when {{ count }} > 0
            then {{ lower }} + ({{ place }} - floor({{ place }})) * ({{ upper }} - {{ lower }})
    end
{%- endmacro %}

{#-
    Forecasts are biased whose errors add up to more than this many mean absolute errors, times the
    root of the days: three standard deviations of independent errors. Without the root, the bar would
    mark six of ten series.
-#}
{% macro biased_beyond() -%}
    4
{%- endmacro %}
