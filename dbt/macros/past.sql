{#- What is told about the customer's past, whether by running windows or by pairs. -#}
{% macro window_columns() -%}
    {%- set columns = ['customer_same_instant_count', 'previous_at', 'previous_location_code'] -%}
    {%- for hours in [3, 6, 12, 24] -%}
        {%- for measure in ['transaction_count', 'priced_count', 'amount_minor'] -%}
            {%- do columns.append('customer_' ~ measure ~ '_' ~ hours ~ 'h') -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{% macro value_columns() -%}
    {{
        return([
            'is_new_device', 'is_new_location', 'is_new_merchant',
            'has_used_device_24h', 'has_used_ip_address_24h',
            'customer_merchant_distinct_24h', 'customer_device_distinct_24h',
            'customer_location_distinct_24h', 'customer_ip_address_distinct_24h',
        ])
    }}
{%- endmacro %}

{% macro habit_columns() -%}
    {{
        return([
            'customer_channel_frequency_30d', 'customer_category_frequency_30d',
            'customer_currency_frequency_30d', 'customer_type_frequency_30d',
            'customer_card_bin_frequency_30d',
        ])
    }}
{%- endmacro %}
