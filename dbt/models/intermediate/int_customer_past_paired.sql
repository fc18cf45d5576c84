{%- set compared = ['device_id', 'location_code', 'merchant_id'] -%}
{%- set counted = ['merchant_id', 'device_id', 'location_code', 'ip_address'] -%}

with

recalled as not materialized (

    select * from {{ ref('int_customer_transactions_recalled') }}

)

select
    pending.row_id,
    previous.occurred_at as previous_at,
    previous.place as previous_place,
    past_24h.*,
    -- new: unseen in the 30 days before the row's day and earlier on that day
    {% for column in compared -%}
        case
            when pending.{{ column }} is not null
                then not coalesce(past_30d.has_{{ column }}, false)
        end as is_new_{{ value_noun(column) }},
    {% endfor %}
    past_30d.customer_channel_frequency_30d,
    past_30d.customer_category_frequency_30d,
    past_30d.customer_currency_frequency_30d,
    past_30d.customer_type_frequency_30d,
    past_30d.customer_card_bin_frequency_30d
from recalled as pending
cross join
    lateral (
        select
            -- a refund is not among the payments that it counts
            count(*) filter (where past.span is null) - pending.is_payment::integer
                as customer_same_instant_count,
            {% for hours in [3, 6, 12, 24] -%}
                count(*) filter (where past.span <= {{ hours }})
                    as customer_transaction_count_{{ hours }}h,
                count(past.spent_base_minor) filter (where past.span <= {{ hours }})
                    as customer_priced_count_{{ hours }}h,
                sum(past.spent_base_minor) filter (where past.span <= {{ hours }})
                    as customer_amount_minor_{{ hours }}h,
            {% endfor %}
            count(*) filter (where past.span <= 24 and past.kind = 'check')
                as customer_check_count_24h,
            {% for column in counted -%}
                count(distinct past.{{ column }}) filter (where past.span <= 24)
                    as customer_{{ value_noun(column) }}_distinct_24h,
            {% endfor %}
            {{ paired_use_24h('device_id') }} as has_used_device_24h,
            {{ paired_use_24h('ip_address') }} as has_used_ip_address_24h
        from (
            select
                past.*,
                {{ shortest_span([3, 6, 12, 24]) }} as span
            from recalled as past
            where
                {{ is_in_reading() }}
                and past.is_payment
                and past.occurred_at >= pending.occurred_at - interval '24 hours'
                and past.occurred_at <= pending.occurred_at
            -- a barrier: pulled up, Postgres computes the span again for each sum
            offset 0 -- noqa: AM09
        ) as past
    ) as past_24h
-- of several rows at one instant, the last by id gives the place of the customer
left join lateral (
    select
        past.occurred_at,
        past.place
    from recalled as past
    where
        {{ is_in_reading() }}
        and past.is_payment
        and past.occurred_at < pending.occurred_at
    order by past.occurred_at desc, past.transaction_id desc
    limit 1
) as previous on true
cross join
    lateral (
        select
            {% for column in compared -%}
                bool_or(past.{{ column }} = pending.{{ column }}) as has_{{ column }},
            {% endfor %}
            {{ paired_frequency('channel') }} as customer_channel_frequency_30d,
            {{ paired_frequency('category') }} as customer_category_frequency_30d,
            {{ paired_frequency('currency') }} as customer_currency_frequency_30d,
            {{ paired_frequency('transaction_type') }} as customer_type_frequency_30d,
            {{ paired_frequency('card_bin') }} as customer_card_bin_frequency_30d
        from recalled as past
        where
            {{ is_in_reading() }}
            and past.is_payment
            and past.occurred_at >= {{ day_start('pending.day_number') }} - interval '720 hours'
            and past.occurred_at < pending.occurred_at
    ) as past_30d
where {{ is_asked_in_pairs() }}
