-- Shadows: the challenger decides the published rows of a run once more, on the same features and by
-- the same policy. A would-be decision binds nobody: it stands in a ledger of its own, beside the run
-- and never in it. Nobody may update or delete a would-be decision.

create table decisions.shadow_runs (
    shadow_id bigint generated always as identity primary key,
    run_id uuid not null references decisions.runs,
    job text not null,
    model text not null,
    version text not null,                           -- '': the registry did not name the challenger
    sha256 text not null,
    state text not null default 'claimed'
        check (state in ('claimed', 'done', 'failed', 'skipped')),
    rows_published bigint not null,                  -- of the run
    rows_decided bigint not null default 0,          -- of them, by the challenger
    seconds double precision not null default 0,     -- of all attempts
    failure text,                                    -- why rows are left, or why none were decided
    claimed_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    unique (run_id, model, version, sha256),
    check ((state in ('failed', 'skipped')) = (failure is not null)),
    check (state <> 'done' or rows_decided = rows_published),
    check (rows_decided <= rows_published)
);
create index shadow_runs_model on decisions.shadow_runs (model, version);

create table decisions.shadow_decisions (
    shadow_id bigint not null,
    subject_id text not null,                        -- the job's own id of the row
    revision integer not null check (revision >= 0),
    event_time timestamptz not null,
    status text not null,                            -- ok, or why an answer of the model is missing
    score double precision,                          -- the first answer that is one number
    second_score double precision,                   -- the second one
    decision text,                                   -- of a job that decides, or its label
    reasons jsonb not null,
    primary key (shadow_id, subject_id, revision)
);

grant select on decisions.shadow_runs, decisions.shadow_decisions to score, transform, ingest;
grant insert on decisions.shadow_runs, decisions.shadow_decisions to score;
grant update (state, rows_decided, seconds, failure, ended_at) on decisions.shadow_runs to score;
