-- The migration of the third job: its population, its ledger, and the place of its rows in the seals.

-- One row per active customer and UTC day. Each delivery of transactions of that day makes the next
-- version, because a forecast reads the whole day.
create view raw.customer_days as
select
    delivered.customer_id || '/' || delivered.day as customer_day_id,
    (
        row_number() over (
            partition by delivered.customer_id, delivered.day order by delivered.delivery_seq
        )
    )::integer as version,
    delivered.customer_id,
    delivered.day::timestamp at time zone 'UTC' as day_at,
    delivered.known_at,
    delivered.delivery_seq,
    delivered.is_history
from (
    select
        transactions.customer_id,
        (transactions.occurred_at at time zone 'UTC')::date as day,
        transactions.delivery_seq,
        max(transactions.known_at) as known_at,
        bool_and(transactions.is_history) as is_history
    from raw.transactions
    group by 1, 2, 3
) as delivered;

create table decisions.customer_day_forecasts (
    customer_day_id text not null,
    revision integer not null check (revision >= 0),
    run_id uuid not null,
    version integer not null,
    customer_id text not null,
    day_at timestamptz not null,
    count_status text not null,
    next_week_count double precision check (next_week_count >= 0),
    next_week_counts double precision[] check (cardinality(next_week_counts) = 7),
    spend_status text not null,
    next_week_spend_p90 double precision,
    segment_status text not null,
    segment text check (segment in ('quiet', 'steady', 'busy')),
    is_degraded boolean not null,
    feature_view text not null,
    feature_sha256 bytea not null check (length(feature_sha256) = 32),
    model_version text not null,
    policy_version text not null,
    decided_at timestamptz not null,
    processing_time_ms double precision not null,
    primary key (customer_day_id, revision),
    check ((count_status = 'ok') = (next_week_count is not null)),
    check ((count_status = 'ok') = (next_week_counts is not null)),
    check ((spend_status = 'ok') = (next_week_spend_p90 is not null)),
    check ((segment_status = 'ok') = (segment is not null)),
    check (
        is_degraded = (count_status <> 'ok' or spend_status <> 'ok' or segment_status <> 'ok')
    )
);
create index customer_day_forecasts_run on decisions.customer_day_forecasts using brin (run_id);

grant select on raw.customer_days to score, transform, ingest;
grant select on decisions.customer_day_forecasts to score, transform, ingest;
grant insert on decisions.customer_day_forecasts to score;

insert into audit.digested_tables (kind, scope, relation, key, is_counted)
values ('run', 'forecast_customer_days', 'decisions.customer_day_forecasts', 'run_id', true);
