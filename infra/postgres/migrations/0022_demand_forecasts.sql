-- The ledger of demand forecasts: one row per merchant, product, channel and night, with the units of
-- each of the next 28 days as lists. Nobody may update or delete a row.

-- One value per day ahead; a null or NaN among them, or crossing quantiles, is no forecast.
create function decisions.is_demand_forecast(
    mean_units double precision [],
    low_units double precision [],
    median_units double precision [],
    high_units double precision []
) returns boolean
language sql immutable parallel safe
return coalesce(
    (
        select
            count(*) = 28
            and bool_and(
                coalesce(
                    days.mean >= 0 and days.mean < 'Infinity'
                    and days.low >= 0 and days.low <= days.median
                    and days.median <= days.high and days.high < 'Infinity',
                    false
                )
            )
        from unnest(mean_units, low_units, median_units, high_units)
            as days (mean, low, median, high)
    ),
    false
);

create table decisions.demand_forecasts (
    demand_night_id text not null,
    revision integer not null check (revision >= 0),
    run_id uuid not null,
    version integer not null,
    merchant_id text not null,
    product_id text not null,
    channel text not null,                           -- '': the sales name no channel
    day_at timestamptz not null,                     -- the day that closed; day 1 ahead follows it
    forecast_status text not null,                   -- ok, or why there is no forecast
    demand_class text check (demand_class in ('smooth', 'erratic', 'intermittent', 'lumpy', 'new')),
    method text,                                     -- the candidate that gives the mean
    expected_units double precision,                 -- sum of mean_units
    mean_units double precision [],                  -- by day ahead; sums of means are means of sums
    low_units double precision [],                   -- quantile of 10 %; quantiles are never summed
    median_units double precision [],
    high_units double precision [],                  -- quantile of 90 %
    is_degraded boolean not null,
    feature_view text not null,
    feature_sha256 bytea not null check (length(feature_sha256) = 32),
    model_version text not null,
    policy_version text not null,
    decided_at timestamptz not null,
    processing_time_ms double precision not null,
    primary key (demand_night_id, revision),
    check (is_degraded = (forecast_status <> 'ok')),
    check (is_degraded or decisions.is_demand_forecast(
        mean_units, low_units, median_units, high_units)),
    check (is_degraded = (demand_class is null)),
    check (is_degraded = (method is null)),
    check (is_degraded = (expected_units is null)),
    check (not is_degraded or coalesce(mean_units, low_units, median_units, high_units) is null)
) partition by hash (demand_night_id);

do $$
begin
    for part in 0..7 loop
        execute format(
            'create table decisions.%I partition of decisions.demand_forecasts '
            'for values with (modulus 8, remainder %s)', 'demand_forecasts_p' || part, part);
    end loop;
end
$$;

create index demand_forecasts_time on decisions.demand_forecasts using brin (decided_at);
create index demand_forecasts_run on decisions.demand_forecasts using brin (run_id);
create index demand_forecasts_night
on decisions.demand_forecasts (merchant_id, day_at, product_id);
create index demand_forecasts_revised
on decisions.demand_forecasts (demand_night_id, revision) where revision > 0;

grant select on decisions.demand_forecasts to score, transform, ingest;
grant insert on decisions.demand_forecasts to score;

-- as the ledgers of a merchant's customers in 0018
alter table decisions.demand_forecasts enable row level security;
create policy jobs on decisions.demand_forecasts to ingest, score using (true) with check (true);
create policy rows_of_a_merchant on decisions.demand_forecasts using (
    (select audit.sees_all_merchants()) or merchant_id = (select audit.merchant_of_session())
);

insert into audit.digested_tables (kind, scope, relation, key, is_counted)
values ('run', 'forecast_demand', 'decisions.demand_forecasts', 'run_id', true);
