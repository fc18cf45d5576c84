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
    estimates.elasticity_status = 'ok' as can_tell,
    estimates.elasticity_status as status,
    estimates.elasticity,
    estimates.elasticity_low,
    estimates.elasticity_high,
    estimates.own_elasticity,
    estimates.own_elasticity_low,
    estimates.own_elasticity_high,
    estimates.products,
    estimates.moved_products,
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
