-- The ledger of stock plans: one row per merchant, product and night, with the stock, the outlook
-- and the proposed order. Nobody may update or delete a row. A plan reads the forecasts of its
-- night, so a forecast now keeps how far its demand scatters.

alter table decisions.demand_forecasts
add column daily_scatter double precision,           -- variance of the factor of a day
add column level_scatter double precision,           -- of that of all days; null: an older model
add check (daily_scatter >= 0 and daily_scatter < 'Infinity'),
add check (level_scatter >= 0 and level_scatter < 'Infinity'),
add check ((daily_scatter is null) = (level_scatter is null));

-- A null, a NaN or a negative number among them is no number of pieces.
create function decisions.are_units(units double precision [], expected integer) returns boolean
language sql immutable parallel safe
return coalesce(
    (
        select
            count(*) = expected
            and coalesce(
                bool_and(coalesce(listed.pieces >= 0 and listed.pieces < 'Infinity', false)), true
            )
        from unnest(units) as listed (pieces)
    ),
    false
);

create table decisions.stock_plans (
    stock_night_id text not null,
    revision integer not null check (revision >= 0),
    run_id uuid not null,
    version integer not null,
    merchant_id text not null,
    product_id text not null,
    day_at timestamptz not null,                     -- the day that closed; day 1 ahead follows it
    stock_status text not null,                      -- ok, or why there is no plan
    on_hand double precision,                        -- pieces, over all places; null: never counted
    reserved double precision,                       -- of the pieces on hand
    buffered double precision,                       -- that the policy keeps back
    available double precision,                      -- that can be sold
    inbound double precision,                        -- on order
    expected_units double precision [],              -- by day ahead; null: unknown
    stock_class text check (stock_class ~ '^[ABC][XYZ]$'),  -- by value, and by steadiness
    service_level double precision check (service_level > 0 and service_level < 1),
    days_of_cover double precision check (days_of_cover >= 0),  -- null: no demand is expected
    run_out_probability double precision check (run_out_probability between 0 and 1),
    unpreventable_probability double precision check (unpreventable_probability between 0 and 1),
    expected_lost double precision check (expected_lost >= 0),  -- pieces, if the order is left out
    period_demand double precision check (period_demand >= 0),  -- between two deliveries
    order_in_days integer check (order_in_days >= 0),  -- 0: on the first day ahead
    order_need double precision check (order_need >= 0),
    order_units double precision check (order_units >= 0),  -- whole packs; 0: no order
    order_overshoot double precision check (order_overshoot >= 0),  -- of packs and minimum
    saved_units double precision check (saved_units >= 0),  -- that the order sells
    is_dead boolean,                                 -- stock that has not sold for 91 days
    excess_units double precision check (excess_units >= 0),  -- beyond a year of demand
    expiring_units double precision check (expiring_units >= 0),
    transfer_from text [],                           -- one entry per transfer
    transfer_to text [],
    transfer_units double precision [],
    forecast_ids text [] not null,                   -- the decisions of its forecasts, by channel
    forecast_channels text [] not null,              -- '': the sales name no channel
    channel_units double precision [] not null,      -- the days ahead of each channel in turn
    channel_scatter double precision [] not null,    -- daily and level of each channel in turn
    is_degraded boolean not null,
    feature_view text not null,
    feature_sha256 bytea not null check (length(feature_sha256) = 32),
    model_version text not null,                     -- '': the policy alone decides
    policy_version text not null,
    decided_at timestamptz not null,
    processing_time_ms double precision not null,
    primary key (stock_night_id, revision),
    check (is_degraded = (stock_status <> 'ok')),
    check (is_degraded or num_nulls(
        on_hand, reserved, buffered, available, inbound, expected_units, stock_class, service_level,
        run_out_probability, unpreventable_probability, expected_lost, period_demand,
        order_in_days, order_need, order_units, order_overshoot, saved_units,
        is_dead, excess_units, expiring_units, transfer_from, transfer_to, transfer_units
    ) = 0),
    check (not is_degraded or num_nonnulls(
        days_of_cover, run_out_probability, unpreventable_probability, expected_lost,
        period_demand, order_in_days, order_need, order_units, order_overshoot, saved_units,
        expiring_units, transfer_from, transfer_to, transfer_units
    ) = 0),
    check (expected_units is null or decisions.are_units(expected_units, 28)),
    check (unpreventable_probability <= run_out_probability),
    check (order_units = order_need + order_overshoot),
    check (cardinality(transfer_from) = cardinality(transfer_units)),
    check (cardinality(transfer_to) = cardinality(transfer_units)),
    check (transfer_units is null or decisions.are_units(
        transfer_units, cardinality(transfer_units))),
    check (cardinality(forecast_channels) = cardinality(forecast_ids)),
    check (decisions.are_units(channel_units, 28 * cardinality(forecast_ids))),
    check (decisions.are_units(channel_scatter, 2 * cardinality(forecast_ids)))
) partition by hash (stock_night_id);

do $$
begin
    for part in 0..7 loop
        execute format(
            'create table decisions.%I partition of decisions.stock_plans '
            'for values with (modulus 8, remainder %s)', 'stock_plans_p' || part, part);
    end loop;
end
$$;

create index stock_plans_time on decisions.stock_plans using brin (decided_at);
create index stock_plans_run on decisions.stock_plans using brin (run_id);
create index stock_plans_night on decisions.stock_plans (merchant_id, day_at, product_id);
create index stock_plans_revised on decisions.stock_plans (stock_night_id, revision)
where revision > 0;

grant select on decisions.stock_plans to score, transform, ingest;
grant insert on decisions.stock_plans to score;

-- as the ledgers of a merchant's customers in 0018
alter table decisions.stock_plans enable row level security;
create policy jobs on decisions.stock_plans to ingest, score using (true) with check (true);
create policy rows_of_a_merchant on decisions.stock_plans using (
    (select audit.sees_all_merchants()) or merchant_id = (select audit.merchant_of_session())
);

insert into audit.digested_tables (kind, scope, relation, key, is_counted)
values ('run', 'plan_stock', 'decisions.stock_plans', 'run_id', true);
