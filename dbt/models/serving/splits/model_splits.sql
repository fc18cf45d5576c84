with

decisions as not materialized (

    select * from {{ ref('split_decisions') }}

),

customers as (

    select
        challenger ->> 'name' as model,  -- noqa: RF04
        champion ->> 'version' as champion_version,
        challenger ->> 'version' as challenger_version,
        (challenger ->> 'share')::double precision as challenger_share,
        (challenger ->> 'sample_size')::bigint as challenger_sample_size,
        customer_id,
        -- a customer whom the challenger has decided once is one of its customers
        bool_or(model_version = challenger ->> 'version') as is_drawn,
        count(*) filter (where model_version = champion ->> 'version') as by_champion_count,
        count(*) as decision_count,
        count(*) filter (where decision = 'approve') as approved_count,
        count(*) filter (where decision = 'review') as review_count,
        count(*) filter (where decision = 'decline') as declined_count,
        sum(stake_amount) filter (where decision = 'approve') as approved_amount,
        sum(stake_amount) filter (where decision = 'approve' and is_bad) as bad_amount,
        bool_or(is_bad) filter (where decision = 'approve') as has_bad
    from decisions
    group by 1, 2, 3, 4, 5, 6

),

arms as (

    select
        model,
        champion_version,
        challenger_version,
        challenger_share,
        challenger_sample_size,
        case when is_drawn then 'challenger' else 'champion' end as arm,
        count(*) as customer_count,
        sum(decision_count)::bigint as decision_count,
        sum(approved_count)::bigint as approved_count,
        sum(review_count)::bigint as review_count,
        sum(declined_count)::bigint as declined_count,
        (sum(by_champion_count) filter (where is_drawn))::bigint as unanswered_count,
        {{ rounded_money('coalesce(sum(approved_amount), 0)') }} as approved_amount,
        {{ rounded_money('coalesce(sum(bad_amount), 0)') }} as bad_amount,
        count(has_bad) as observed_customer_count,
        count(*) filter (where has_bad) as bad_customer_count
    from customers
    group by 1, 2, 3, 4, 5, 6

)

select
    *,
    bad_customer_count::double precision / nullif(observed_customer_count, 0) as bad_customer_share,
    {{ share_bound('bad_customer_count', 'observed_customer_count', '-') }}
        as lower_bad_customer_share,
    {{ share_bound('bad_customer_count', 'observed_customer_count', '+') }}
        as upper_bad_customer_share,
    arm = 'champion' or customer_count >= challenger_sample_size as has_sample_size
from arms
