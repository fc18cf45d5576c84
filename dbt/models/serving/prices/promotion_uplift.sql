with

estimates as not materialized (

    select * from {{ source('decisions', 'price_estimates') }}

),

newest as (

    select distinct on (merchant_id)
        merchant_id,
        estimation_id
    from estimates
    order by merchant_id asc, as_of desc, estimated_at desc, estimation_id asc

)

select
    estimates.merchant_id,
    estimates.category,
    estimates.uplift_status = 'ok' as can_tell,
    estimates.uplift_status as status,
    estimates.net_status = 'ok' as can_tell_net,
    estimates.net_status,
    estimates.base_units,
    {% for effect in ['gross_uplift', 'cannibalisation', 'pull_forward', 'net_uplift'] -%}
        estimates.{{ effect }},
        estimates.{{ effect }}_low,
        estimates.{{ effect }}_high,
    {% endfor -%}
    estimates.base_units * estimates.gross_uplift as gained_units,
    estimates.base_units * estimates.net_uplift as net_units,
    estimates.base_units * estimates.net_uplift_low as net_units_low,
    estimates.base_units * estimates.net_uplift_high as net_units_high,
    estimates.products,
    estimates.promoted_products,
    estimates.first_day,
    estimates.last_day,
    estimates.as_of,
    estimates.estimation_id,
    encode(estimates.data_sha256, 'hex') as data_sha256,
    estimates.code_version,
    estimates.estimated_at
from estimates
inner join newest
    on
        estimates.merchant_id = newest.merchant_id
        and estimates.estimation_id = newest.estimation_id
