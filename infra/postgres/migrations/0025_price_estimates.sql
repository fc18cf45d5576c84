-- Estimates of price elasticity and of the effects of promotions: one row per estimation of a
-- merchant and category. Nobody may update or delete a row.

-- A value between its bounds, or three nulls.
create function decisions.is_interval(
    value double precision, low double precision, high double precision
) returns boolean
language sql immutable parallel safe
return case
    when value is null then low is null and high is null
    else coalesce(
        low <= value and value <= high and low > '-Infinity' and high < 'Infinity', false
    )
end;

create table decisions.price_estimates (
    estimation_id uuid not null,                     -- of one merchant, with all its categories
    merchant_id text not null,
    category text not null,                          -- '': the products have no category
    as_of timestamptz not null,                      -- later knowledge is not in the estimate
    first_day date not null,
    last_day date not null,
    products integer not null check (products >= 0),  -- that teach
    elasticity_status text not null,                 -- ok, or why the category cannot tell
    elasticity double precision,                     -- drawn to the mean of the categories
    elasticity_low double precision,                 -- bounds of 95 %, as all bounds below
    elasticity_high double precision,
    own_elasticity double precision,                 -- by the data of the category alone
    own_elasticity_low double precision,
    own_elasticity_high double precision,
    moved_products integer not null check (moved_products between 0 and products),
    uplift_status text not null,
    gross_uplift double precision,                   -- shares of base_units, as those below
    gross_uplift_low double precision,
    gross_uplift_high double precision,
    pull_forward double precision,
    pull_forward_low double precision,
    pull_forward_high double precision,
    net_status text not null,
    cannibalisation double precision,
    cannibalisation_low double precision,
    cannibalisation_high double precision,
    net_uplift double precision,
    net_uplift_low double precision,
    net_uplift_high double precision,
    base_units double precision not null check (base_units >= 0 and base_units < 'Infinity'),
    promoted_products integer not null check (promoted_products between 0 and products),
    data_sha256 bytea not null check (length(data_sha256) = 32),
    code_version text not null,
    estimated_at timestamptz not null default clock_timestamp(),
    -- the same knowledge and data are estimated once
    primary key (merchant_id, category, as_of, data_sha256),
    check (first_day <= last_day),
    check (decisions.is_interval(elasticity, elasticity_low, elasticity_high)),
    check (decisions.is_interval(own_elasticity, own_elasticity_low, own_elasticity_high)),
    check (decisions.is_interval(gross_uplift, gross_uplift_low, gross_uplift_high)),
    check (decisions.is_interval(pull_forward, pull_forward_low, pull_forward_high)),
    check (decisions.is_interval(cannibalisation, cannibalisation_low, cannibalisation_high)),
    check (decisions.is_interval(net_uplift, net_uplift_low, net_uplift_high)),
    check ((elasticity_status = 'ok') = (elasticity is not null)),
    check ((elasticity is null) = (own_elasticity is null)),
    check ((uplift_status = 'ok') = (gross_uplift is not null)),
    check ((gross_uplift is null) = (pull_forward is null)),
    check ((net_status = 'ok') = (net_uplift is not null)),
    check ((net_uplift is null) = (cannibalisation is null))
);

create index price_estimates_newest
on decisions.price_estimates (merchant_id, as_of desc, estimated_at desc);

grant select on decisions.price_estimates to score, transform, ingest;
grant insert on decisions.price_estimates to score;

-- as the ledgers of a merchant's customers in 0018
alter table decisions.price_estimates enable row level security;
create policy jobs on decisions.price_estimates to ingest, score using (true) with check (true);
create policy rows_of_a_merchant on decisions.price_estimates using (
    (select audit.sees_all_merchants()) or merchant_id = (select audit.merchant_of_session())
);
