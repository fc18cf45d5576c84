{#-
    A running window is computed for every row of the past, though only the pending ones ask; beside
    a day of history that is one row in eight. So where few rows ask in a reading, each is paired
    with what its reading holds, and only where many do (whose pairs would grow with the square) do
    windows run. Both give the same; `is_paired` says of a reading which way it goes.
-#}
{% macro is_paired() -%}
    count(*) <= 4
{%- endmacro %}

{#- Each row that asks in a paired reading, beside those of the rows that its reading shows. -#}
{% macro pairs(seen='recalled', of_those='true') -%}
    from recalled as asking
    left join {{ seen }} as seen
        on asking.reading_id = seen.reading_id and {{ of_those }}
    where asking.row_id is not null and asking.is_paired
{%- endmacro %}

{#- The frame [t - w, t) of a pair. -#}
{% macro is_in_past(hours) -%}
    seen.occurred_at >= asking.occurred_at - interval '{{ hours }} hours'
    and seen.occurred_at < asking.occurred_at
{%- endmacro %}

{% macro paired_sums(hours) -%}
    {% for hour in hours -%}
        count(*) filter (where {{ is_in_past(hour) }})
            as customer_transaction_count_{{ hour }}h,
        count(seen.amount_base_minor) filter (where {{ is_in_past(hour) }})
            as customer_priced_count_{{ hour }}h,
        sum(seen.amount_base_minor) filter (where {{ is_in_past(hour) }})
            as customer_amount_minor_{{ hour }}h{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{% macro paired_distinct(column) -%}
    count(distinct seen.{{ column }}) filter (where {{ is_in_past(24) }})
{%- endmacro %}

{#- When the reading showed the row's own value last, before the row. -#}
{% macro paired_values(columns) -%}
    {% for column in columns -%}
        any_value(asking.{{ column }}) as {{ column }},
        max(seen.occurred_at) filter (where seen.{{ column }} = asking.{{ column }})
            as {{ column }}_seen_at{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- What both ways give. -#}
{% macro compared_values() -%}
    row_id,
    reading_id,
    day_number,
    merchant_id,
    merchant_id_seen_at,
    device_id,
    device_id_seen_at,
    location_code,
    location_code_seen_at,
    customer_merchant_distinct_24h,
    customer_device_distinct_24h,
    customer_location_distinct_24h,
    customer_ip_address_distinct_24h
{%- endmacro %}

{% macro values_counted_by_pairs() -%}
    select
        asking.row_id,
        any_value(asking.reading_id) as reading_id,
        any_value(asking.day_number) as day_number,
        {{ paired_values(['merchant_id', 'device_id', 'location_code']) }},
        {{ paired_distinct('merchant_id') }} as customer_merchant_distinct_24h,
        {{ paired_distinct('device_id') }} as customer_device_distinct_24h,
        {{ paired_distinct('location_code') }} as customer_location_distinct_24h,
        {{ paired_distinct('ip_address') }} as customer_ip_address_distinct_24h
    {{ pairs(of_those='seen.is_recent and seen.occurred_at < asking.occurred_at') }}
    group by asking.row_id
{%- endmacro %}

{% macro paired_frequency(column) -%}
    case
        when any_value(asking.{{ column }}) is not null
            then
                (count(*) filter (where seen.{{ column }} = asking.{{ column }}))::double precision
                / nullif(count(seen.reading_id), 0)
    end
{%- endmacro %}
