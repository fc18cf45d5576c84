-- What happened, and who answered for it. Append-only.

create table audit.validation_results (
    validation_id uuid primary key default gen_random_uuid(),
    suite text not null,
    subject text not null,                           -- the delivery or the run that was checked
    checked_table text not null,
    verdict text not null check (verdict in
        ('passed', 'warned', 'failed', 'nothing_to_check', 'could_not_check')),
    rows_expected bigint,
    rows_checked bigint,
    expectations jsonb not null,                     -- counts and bounds, never row values
    report text,                                     -- object name of the rendered page
    validated_at timestamptz not null default clock_timestamp()
);
create index validation_results_newest on audit.validation_results (validated_at desc);
create index validation_results_subject on audit.validation_results (subject);

create table audit.policy_activations (
    activation_id uuid primary key default gen_random_uuid(),
    policy_version text not null,
    policy_sha256 text not null,
    effective_from timestamptz not null,
    author text not null,
    approver text not null check (approver <> author),
    reason text not null,
    activated_at timestamptz not null default clock_timestamp()
);

create table audit.events (
    event_id uuid primary key default gen_random_uuid(),
    event text not null,                             -- past tense: run_failed, attempt_fenced
    subject text not null,
    actor text not null,
    detail jsonb not null default '{}',
    occurred_at timestamptz not null default clock_timestamp()
);
create index events_subject on audit.events (subject);

grant select, insert on all tables in schema audit to score;
