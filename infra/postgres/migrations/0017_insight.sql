-- The ledgers of the nightly jobs: segments and values of a merchant's customers, and forecasts of
-- what a card customer will spend. Nobody may update or delete a row.

create table decisions.customer_segments (
    customer_night_id text not null,
    revision integer not null check (revision >= 0),
    run_id uuid not null,
    version integer not null,                        -- the row version that was decided
    merchant_id text not null,
    customer_id text not null,
    day_at timestamptz not null,
    segment_status text not null,                    -- ok, or why there is no segment
    segment text,
    segment_name text,
    own_distance double precision check (own_distance >= 0),  -- to the centroid of the segment
    runner_up text,
    runner_up_distance double precision check (runner_up_distance >= 0),
    nearest text,                                    -- differs from the segment while it is held
    nights_off integer not null check (nights_off >= 0),  -- in a row with another nearest one
    previous_segment text,                           -- of the night before; null: none counts
    previous_nights_off integer check (previous_nights_off >= 0),
    previous_model_version text,
    had_segment boolean not null,                    -- whether any earlier night gave a segment
    move_reason text check (move_reason in ('new', 'purchase', 'ageing', 'refit', 'returned')),
    is_degraded boolean not null,
    feature_view text not null,
    feature_sha256 bytea not null check (length(feature_sha256) = 32),
    model_version text not null,
    policy_version text not null,
    decided_at timestamptz not null,
    processing_time_ms double precision not null,    -- time of the chunk / its rows
    primary key (customer_night_id, revision),
    check ((segment_status = 'ok') = (segment is not null)),
    check (is_degraded = (segment_status <> 'ok'))
) partition by hash (customer_night_id);

create table decisions.customer_values (
    customer_night_id text not null,
    revision integer not null check (revision >= 0),
    run_id uuid not null,
    version integer not null,
    merchant_id text not null,
    customer_id text not null,
    day_at timestamptz not null,
    purchases_status text not null,
    expected_purchases_30d double precision check (expected_purchases_30d >= 0),
    expected_purchases_90d double precision check (expected_purchases_90d >= 0),
    spend_status text not null,
    expected_spend_30d double precision,             -- major units of the base currency
    expected_spend_90d double precision,
    activity_status text not null,
    p_active double precision check (p_active between 0 and 1),
    value_method text check (value_method in ('mbg_nbd', 'boosting')),
    is_degraded boolean not null,
    feature_view text not null,
    feature_sha256 bytea not null check (length(feature_sha256) = 32),
    model_version text not null,
    policy_version text not null,
    decided_at timestamptz not null,
    processing_time_ms double precision not null,
    primary key (customer_night_id, revision),
    check ((purchases_status = 'ok') = (expected_purchases_30d is not null)),
    check ((purchases_status = 'ok') = (expected_purchases_90d is not null)),
    check ((spend_status = 'ok') = (expected_spend_30d is not null)),
    check ((spend_status = 'ok') = (expected_spend_90d is not null)),
    check ((activity_status = 'ok') = (p_active is not null)),
    check (is_degraded = (
        purchases_status <> 'ok' or spend_status <> 'ok' or activity_status <> 'ok'))
) partition by hash (customer_night_id);

create table decisions.spending_forecasts (
    card_customer_night_id text not null,
    revision integer not null check (revision >= 0),
    run_id uuid not null,
    version integer not null,
    customer_id text not null,
    day_at timestamptz not null,
    month_status text not null,
    spend_30d double precision,                      -- major units of the base currency
    spend_30d_low double precision,                  -- of an interval of 80 %
    spend_30d_high double precision,
    quarter_status text not null,
    spend_90d double precision,
    spend_90d_low double precision,
    spend_90d_high double precision,
    category_spend_30d jsonb,                        -- {category: amount}
    is_degraded boolean not null,
    feature_view text not null,
    feature_sha256 bytea not null check (length(feature_sha256) = 32),
    model_version text not null,
    policy_version text not null,
    decided_at timestamptz not null,
    processing_time_ms double precision not null,
    primary key (card_customer_night_id, revision),
    check ((month_status = 'ok') = (spend_30d is not null)),
    check ((quarter_status = 'ok') = (spend_90d is not null)),
    check (spend_30d_low >= 0 and spend_30d_low <= spend_30d and spend_30d <= spend_30d_high),
    check (spend_90d_low >= 0 and spend_90d_low <= spend_90d and spend_90d <= spend_90d_high),
    check (is_degraded = (month_status <> 'ok' or quarter_status <> 'ok'))
) partition by hash (card_customer_night_id);

do $$
declare
    ledger text;
begin
    foreach ledger in array
        array['customer_segments', 'customer_values', 'spending_forecasts']
    loop
        for part in 0..7 loop
            execute format(
                'create table decisions.%I partition of decisions.%I '
                'for values with (modulus 8, remainder %s)', ledger || '_p' || part, ledger, part);
        end loop;
        execute format(
            'create index %I on decisions.%I using brin (decided_at)', ledger || '_time', ledger);
        execute format(
            'create index %I on decisions.%I using brin (run_id)', ledger || '_run', ledger);
    end loop;
end
$$;

create index customer_segments_night
on decisions.customer_segments (merchant_id, day_at, customer_id);
-- one row of each customer, to tell returning customers from new ones
create index customer_segments_new
on decisions.customer_segments (merchant_id, customer_id, day_at) where move_reason = 'new';
create index customer_segments_revised
on decisions.customer_segments (customer_night_id, revision) where revision > 0;
create index customer_values_night
on decisions.customer_values (merchant_id, day_at, customer_id);
create index customer_values_revised
on decisions.customer_values (customer_night_id, revision) where revision > 0;
create index spending_forecasts_night
on decisions.spending_forecasts (day_at, customer_id);
create index spending_forecasts_revised
on decisions.spending_forecasts (card_customer_night_id, revision) where revision > 0;

grant select on decisions.customer_segments, decisions.customer_values,
    decisions.spending_forecasts to score, transform, ingest;
grant insert on decisions.customer_segments, decisions.customer_values,
    decisions.spending_forecasts to score;

insert into audit.digested_tables (kind, scope, relation, key, is_counted)
values
('run', 'segment_customers', 'decisions.customer_segments', 'run_id', true),
('run', 'value_customers', 'decisions.customer_values', 'run_id', true),
('run', 'forecast_spending', 'decisions.spending_forecasts', 'run_id', true);
