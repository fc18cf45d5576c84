{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        full_refresh=false,
        indexes=[
            {'columns': ['merchant_id', 'month_start', 'category', 'segment'], 'unique': true},
        ],
        post_hook="{{ row_level_security() }}",
    )
}}

with

cells as (

    select * from {{ ref('int_market_cells_suppressed') }}

),

purchases as (

    select * from {{ ref('int_market_purchases_gathered') }}

),

-- gain and loss appear for all segments of a group or for none, so none of them needs protection
judged as (

    select
        *,
        is_total_safe
        and sum(gained_customers) over cell_group >= 20
        and sum(lost_customers) over cell_group >= 20
        and sum(customers - gained_customers) over cell_group >= 20 as are_total_flows_published,
        bool_and(
            is_published
            and gained_customers >= 20
            and lost_customers >= 20
            and customers - gained_customers >= 20
        ) over cell_group as are_flows_published
    from cells
    window cell_group as (partition by month_start, merchant_id, category)

),

merchant_spending as (

    select
        month_start,
        category,
        merchant_id,
        sum(spent_minor) as spent_minor,
        sum(sum(spent_minor)) over (partition by month_start, category) as market_minor
    from purchases
    where is_now
    group by 1, 2, 3

),

-- the whole category, from the side of each merchant in it
markets as (

    select
        own.month_start,
        own.category,
        own.merchant_id,
        own.spent_minor,
        own.market_minor,
        (
            select {{ is_publishable(
                'count(distinct buyers.customer_id)', '20', '0', '1'
            ) }}
            from purchases as buyers
            where
                buyers.month_start = own.month_start
                and buyers.category = own.category
                and buyers.is_now
                and buyers.merchant_id <> own.merchant_id
        )
        and (
            select {{ is_publishable(
                '20', 'count(*)', 'max(rivals.spent_minor)', 'sum(rivals.spent_minor)'
            ) }}
            from merchant_spending as rivals
            where
                rivals.month_start = own.month_start
                and rivals.category = own.category
                and rivals.merchant_id <> own.merchant_id
        ) as is_market_published
    from merchant_spending as own
    where own.merchant_id in (select cells.merchant_id from cells)

),

rows_of_groups as (

    select
        merchant_id,
        month_start,
        category,
        segment,
        customers,
        own_minor,
        elsewhere_minor,
        gained_customers,
        lost_customers,
        is_published,
        are_flows_published
    from judged

    union all

    select
        merchant_id,
        month_start,
        category,
        'all' as segment,
        sum(customers) as customers,
        sum(own_minor) as own_minor,
        sum(elsewhere_minor) as elsewhere_minor,
        sum(gained_customers) as gained_customers,
        sum(lost_customers) as lost_customers,
        bool_or(is_total_safe) as is_published,
        bool_or(are_total_flows_published) as are_flows_published
    from judged
    group by 1, 2, 3

)

select
    rows_of_groups.merchant_id,
    rows_of_groups.month_start,
    rows_of_groups.category,
    rows_of_groups.segment,
    rows_of_groups.customers::bigint as customers,
    rows_of_groups.own_minor::bigint as own_minor,
    rows_of_groups.elsewhere_minor::bigint as elsewhere_minor,
    rows_of_groups.gained_customers::bigint as gained_customers,
    rows_of_groups.lost_customers::bigint as lost_customers,
    rows_of_groups.is_published,
    rows_of_groups.are_flows_published,
    markets.spent_minor::bigint as merchant_minor,
    markets.market_minor::bigint as market_minor,
    coalesce(markets.is_market_published, false) as is_market_published
from rows_of_groups
left join markets
    on
        rows_of_groups.merchant_id = markets.merchant_id
        and rows_of_groups.month_start = markets.month_start
        and rows_of_groups.category = markets.category
        and rows_of_groups.segment = 'all'
