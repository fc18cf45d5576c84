with

discrepancies as not materialized (

    select * from {{ ref('fct_stock_discrepancies') }}

),

features as not materialized (

    select * from {{ ref('feat_stock') }}

)

select
    discrepancies.merchant_id,
    discrepancies.product_id,
    features.category,
    features.department,
    discrepancies.location,
    discrepancies.kind,
    discrepancies.size,
    {{ rounded_money('discrepancies.size * features.unit_cost') }} as size_cost,
    discrepancies.appeared_at,
    discrepancies.age_days,
    discrepancies.day_at
from discrepancies
left join features
    on
        discrepancies.stock_night_id = features.stock_night_id
        and discrepancies.version = features.version
