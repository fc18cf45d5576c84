-- Runs, leases and the ledger of decisions. Nobody may update or delete a decision.

create table decisions.runs (
    run_id uuid primary key default gen_random_uuid(),
    job text not null,
    kind text not null check (kind in ('scheduled', 'manual', 'backfill', 'restate', 'shadow')),
    window_start timestamptz not null,
    window_end timestamptz not null check (window_end > window_start),
    requested_by text not null,                      -- the Airflow run, or the person at a terminal
    reason text check (kind <> 'restate' or reason is not null),
    restated_ids text[],                             -- a restate names what it decides again
    -- pins: a decision is a function of its row and of these; no role may update them
    models jsonb not null,                           -- {role: {name, version, sha256}}
    policy_version text not null,
    policy_sha256 text not null,
    feature_view text not null,
    code_version text not null,
    lock_sha256 text not null,
    known_at_cutoff timestamptz not null,
    rows_claimed bigint not null,
    claimed_at timestamptz not null default clock_timestamp(),
    -- progress
    state text not null default 'claimed'
        check (state in ('claimed', 'scored', 'validated', 'published', 'failed')),
    rows_scored bigint,
    rows_degraded bigint,
    rows_published bigint,
    parquet jsonb,                                   -- {object_name, sha256, rows}
    scored_at timestamptz,
    validated_at timestamptz,
    published_at timestamptz,
    failed_at timestamptz,
    failure text check (state <> 'failed' or failure is not null),
    check (state <> 'published' or (
        rows_claimed = rows_scored + rows_degraded and rows_published = rows_claimed))
);
create unique index runs_one_open_per_job on decisions.runs (job)
where state in ('claimed', 'scored', 'validated');
create unique index runs_one_published_per_window on decisions.runs (job, window_start, window_end)
where state = 'published' and kind not in ('restate', 'shadow');

create table decisions.leases (
    run_id uuid not null references decisions.runs,
    step text not null,
    shard integer not null default 0,
    epoch bigint not null default 1,
    holder_pid integer not null,                     -- the backend that the next attempt ends
    chunks_done integer not null default 0,
    renewed_at timestamptz not null default clock_timestamp(),
    primary key (run_id, step, shard)
);

create table decisions.transaction_decisions (
    transaction_id text not null,
    revision integer not null check (revision >= 0),
    run_id uuid not null,
    version integer not null,                        -- the row version that was decided
    customer_id text not null,
    occurred_at timestamptz not null,
    decision text not null check (decision in ('approve', 'review', 'decline')),
    fraud_status text not null,                      -- ok, or why there is no probability
    fraud_probability double precision,
    anomaly_status text not null,
    anomaly_score double precision,
    is_degraded boolean not null,
    reasons jsonb not null,                          -- [{code, origin, characteristic, weight}]
    rule_hits text[] not null,
    feature_view text not null,
    feature_sha256 bytea not null check (length(feature_sha256) = 32),
    model_version text not null,
    policy_version text not null,
    decided_at timestamptz not null,
    processing_time_ms double precision not null,    -- time of the chunk / its rows
    primary key (transaction_id, revision),
    check ((fraud_status = 'ok' and fraud_probability is not null
            and fraud_probability between 0 and 1)
        or (fraud_status <> 'ok' and fraud_probability is null)),
    check ((anomaly_status = 'ok' and anomaly_score is not null
            and anomaly_score between 0 and 1)
        or (anomaly_status <> 'ok' and anomaly_score is null)),
    check (is_degraded = (fraud_status <> 'ok' or anomaly_status <> 'ok')),
    check (not (is_degraded and decision = 'approve')),
    check (decision = 'approve' or jsonb_array_length(reasons) between 1 and 4)
) partition by hash (transaction_id);
do $$
begin
    for part in 0..7 loop
        execute format(
            'create table decisions.transaction_decisions_p%s '
            'partition of decisions.transaction_decisions '
            'for values with (modulus 8, remainder %s)', part, part);
    end loop;
end
$$;
create index transaction_decisions_revised
on decisions.transaction_decisions (transaction_id, revision) where revision > 0;
create index transaction_decisions_time
on decisions.transaction_decisions using brin (decided_at);
create index transaction_decisions_run
on decisions.transaction_decisions using brin (run_id);

grant select on all tables in schema decisions to score, transform, ingest;
grant insert on decisions.runs, decisions.leases, decisions.transaction_decisions to score;
grant update (state, rows_scored, rows_degraded, rows_published, parquet, scored_at,
    validated_at, published_at, failed_at, failure) on decisions.runs to score;
grant update (epoch, holder_pid, chunks_done, renewed_at) on decisions.leases to score;
