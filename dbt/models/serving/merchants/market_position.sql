with

cells as not materialized (

    select * from {{ ref('fct_market_cells') }}

)

select
    merchant_id,
    month_start,
    category,
    segment,
    case when is_published then {{ rounded_count('customers') }} end as customers,
    case when is_published then {{ rounded_amount('own_minor') }} end as own_spend,
    case when is_published then {{ rounded_amount('elsewhere_minor') }} end as spend_elsewhere,
    case
        when is_published
            then
                round(own_minor::numeric / nullif(own_minor + elsewhere_minor, 0), 2)
                ::double precision
    end as wallet_share,
    case when are_flows_published then {{ rounded_count('gained_customers') }} end
        as gained_customers,
    case when are_flows_published then {{ rounded_count('lost_customers') }} end as lost_customers,
    case when is_market_published then {{ rounded_amount('market_minor') }} end as market_spend,
    case
        when is_market_published
            then round(merchant_minor::numeric / nullif(market_minor, 0), 2)::double precision
    end as market_share,
    not is_published as is_suppressed,
    not are_flows_published as are_flows_suppressed
from cells
