-- Comparisons of a champion and a challenger on matured rows that neither learnt from. A comparison
-- uses its rows up: of one model, no two windows overlap. Nobody may update or delete a row.

create table audit.model_gates (
    gate_id uuid primary key default gen_random_uuid(),
    job text not null check (job <> ''),
    model text not null check (model <> ''),
    champion_version text not null,
    champion_sha256 text not null check (champion_sha256 ~ '^[0-9a-f]{64}$'),
    challenger_version text not null,
    challenger_sha256 text not null check (challenger_sha256 ~ '^[0-9a-f]{64}$'),
    plan_sha256 text not null check (plan_sha256 ~ '^[0-9a-f]{64}$'),
    feature_view text not null,                      -- with the version that held both models
    used_until timestamptz,                          -- end of the window before; null: the first
    window_start timestamptz not null,
    window_end timestamptz not null,
    label_as_of timestamptz not null,                -- later labels were ignored
    weeks integer not null check (weeks > 0),
    rows bigint not null check (rows >= 0),
    events bigint not null check (events between 0 and rows),
    customers bigint not null check (customers between 0 and rows),
    effective_rows double precision not null check (effective_rows >= 0),
    verdict text not null check (verdict in ('better', 'not worse', 'worse', 'cannot tell')),
    tests jsonb not null,                            -- the whole comparison; never a row's values
    verdict_sha256 text not null check (verdict_sha256 ~ '^[0-9a-f]{64}$'),
    requested_by text not null check (audit.person(requested_by) <> ''),
    gated_at timestamptz not null default clock_timestamp(),
    check (window_start < window_end),
    check (window_end <= label_as_of),
    -- one chain per model: each window begins after the end of the one before, and has one follower
    check (window_start >= used_until),
    unique (model, window_end),
    foreign key (model, used_until) references audit.model_gates (model, window_end),
    unique nulls not distinct (model, used_until)
);
create index model_gates_challenger on audit.model_gates (model, challenger_version, gated_at desc);

grant select on audit.model_gates to score, transform;
grant insert (
    gate_id, job, model, champion_version, champion_sha256, challenger_version, challenger_sha256,
    plan_sha256, feature_view, used_until, window_start, window_end, label_as_of, weeks, rows,
    events, customers, effective_rows, verdict, tests, verdict_sha256, requested_by
) on audit.model_gates to score;
