{%- set compared = ['device_id', 'location_code', 'merchant_id'] -%}
{%- set counted = ['merchant_id', 'device_id', 'location_code', 'ip_address'] -%}

with

recalled as not materialized (

    select * from {{ ref('int_customer_transactions_recalled') }}
    where is_payment

),

-- for running windows, rows more than 24 hours before can only show that a value is not new
{% for column in compared -%}
    earlier_{{ column }} as (

        select
            reading_id,
            {{ column }},
            max(occurred_at) as seen_at
        from recalled
        where not is_paired and not is_recent and {{ column }} is not null
        group by reading_id, {{ column }}

    ),
{% endfor %}

traces as (

    select
        {% for column in counted -%}
            max(occurred_at) over same_{{ column }} as {{ column }}_seen_at,
            {{ starts_run(column) }} as {{ column }}_starts,
            {{ ends_run(column) }} as {{ column }}_ends,
        {% endfor %}
        row_id,
        reading_id,
        occurred_at,
        day_number,
        merchant_id,
        device_id,
        location_code
    from recalled
    where is_recent and not is_paired
    window
        {{ same_value_windows(counted) }}

),

counts as (

    select
        {% for column in counted -%}
            {{ distinct_in_past_24h(column) }} as customer_{{ value_noun(column) }}_distinct_24h,
        {% endfor %}
        *
    from traces
    window
        {{ before() }},
        {{ before_past_24h() }}

)

select
    counts.row_id,
    -- new: unseen in the 30 days before the row's day and earlier on that day
    {% for column in compared -%}
        case
            when counts.{{ column }} is not null
                then coalesce(
                    greatest(counts.{{ column }}_seen_at, earlier_{{ column }}.seen_at)
                    < {{ day_start('counts.day_number') }} - interval '720 hours', true
                )
        end as is_new_{{ value_noun(column) }},
    {% endfor %}
    {{ was_used_24h('device_id') }} as has_used_device_24h,
    {{ was_used_24h('ip_address') }} as has_used_ip_address_24h,
    counts.customer_merchant_distinct_24h,
    counts.customer_device_distinct_24h,
    counts.customer_location_distinct_24h,
    counts.customer_ip_address_distinct_24h
from counts
{% for column in compared -%}
    left join earlier_{{ column }}
        on
            counts.reading_id = earlier_{{ column }}.reading_id
            and counts.{{ column }} = earlier_{{ column }}.{{ column }}
{% endfor %}
where counts.row_id is not null
