{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        full_refresh=false,
        indexes=[
            {'columns': ['demand_night_id', 'version'], 'unique': true},
            {'columns': ['delivery_seq']},
            {'columns': ['day_at']},
        ],
        post_hook="{{ row_level_security() }}",
    )
}}

with

nights as (

    select * from {{ ref('int_demand_nights_queued') }}

),

series as (

    select * from {{ ref('int_demand_nights_described') }}

),

weeks as (

    select * from {{ ref('int_demand_weeks_summed') }}

),

weekdays as (

    select * from {{ ref('int_demand_weekdays_summed') }}

),

categories as (

    select * from {{ ref('int_demand_groups_summed') }}

),

promotions as (

    select * from {{ ref('int_promotions_counted') }}

)

select
    nights.demand_night_id,
    nights.version,
    nights.merchant_id,
    nights.product_id,
    nights.channel,
    categories.category,
    nights.department,
    nights.day_at,
    nights.known_at,
    nights.delivery_seq,
    nights.is_history,
    nights.day_number as night_day,
    {{ prefixed('series', [
        'age_days', 'days_since_sale', 'observed_days_56', 'observed_days_364', 'out_share_56',
        'partial_share_56', 'is_stock_known', 'units_7', 'units_28', 'units_56', 'units_91',
        'units_364', 'median_28', 'median_56', 'low_56', 'high_56'
    ]) }},
    weeks.week_median_8,
    {{ prefixed('series', ['level_10', 'level_30', 'log_level_10', 'log_level_30']) }},
    weeks.week_log_level_30,
    series.slope_56,
    {% for kind in ['weekday', 'newest_weekday'] -%}
        {% for weekday in range(7) -%}
            weekdays.{{ kind }}_{{ weekday }},
        {% endfor -%}
    {% endfor -%}
    {{ prefixed('series', [
        'adi_364', 'cv2_364', 'zero_share_28', 'tsb_probability_10', 'tsb_size_10',
        'croston_interval_10', 'year_ago_28', 'year_ago_56'
    ]) }},
    {% for group in ['category', 'merchant'] -%}
        {% for window in ['units_28', 'units_364', 'year_ago_28', 'year_ago_56'] -%}
            categories.{{ group }}_{{ window }},
        {% endfor -%}
    {% endfor -%}
    {% for number in [1, 2] -%}
        promotions.promotion_{{ number }}_first,
        promotions.promotion_{{ number }}_last,
        1 - promotions.promotion_{{ number }}_price / nullif(series.regular_price, 0)
            as promotion_{{ number }}_discount,
    {% endfor -%}
    categories.category_series_28,
    {{ prefixed('series', [
        'price', 'price_ratio_91', 'promoted_share_56', 'promoted_lift_364'
    ]) }}
from nights
inner join series on nights.place = series.place
inner join weeks on nights.place = weeks.place
inner join weekdays on nights.place = weekdays.place
inner join categories on nights.place = categories.place
left join promotions on nights.place = promotions.place
where {{ is_asked('demand_night_id') }}
