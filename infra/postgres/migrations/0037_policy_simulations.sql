-- Trials of policies on past decisions, and the trials that an activation rests on. The activation
-- names ids and digests of its trials, and its seal holds them. Nobody may update or delete a row.

create table audit.policy_simulations (
    simulation_id uuid primary key default gen_random_uuid(),
    job text not null check (job <> ''),
    policy_version text not null check (policy_version <> ''),
    policy_sha256 text not null check (policy_sha256 ~ '^[0-9a-f]{64}$'),
    model_version text not null,                     -- '': the scores of the ledger
    own_policies jsonb not null,                     -- {version: decisions} of the window
    window_start timestamptz not null,
    window_end timestamptz not null,
    decisions bigint not null check (decisions >= 0), -- of the window in the ledger
    rows bigint not null,                            -- of these, decided again
    moved bigint not null,                           -- of these, with another outcome
    stricter bigint not null,                        -- of these, a stricter one
    own_differing bigint not null,                   -- rows that their own policy decides otherwise
    report jsonb not null,                           -- counts and rates; never a row's values
    report_sha256 text not null check (report_sha256 ~ '^[0-9a-f]{64}$'),
    page text not null,                              -- the report as Markdown
    requested_by text not null check (audit.person(requested_by) <> ''),
    simulated_at timestamptz not null default clock_timestamp(),
    check (window_start < window_end),
    check (rows between 0 and decisions),
    check (stricter between 0 and moved),
    check (moved <= rows),
    check (own_differing between 0 and rows)
);
create index policy_simulations_policy
on audit.policy_simulations (policy_sha256, job, simulated_at desc);

grant select on audit.policy_simulations to score, transform;
-- the clock of the warehouse dates a row
grant insert (
    simulation_id, job, policy_version, policy_sha256, model_version, own_policies, window_start,
    window_end, decisions, rows, moved, stricter, own_differing, report, report_sha256, page,
    requested_by
) on audit.policy_simulations to score;

-- activations of earlier versions have neither
alter table audit.policy_activations
add column simulations jsonb,                        -- [{simulation_id, job, report_sha256}]
add column without_simulation text                   -- why it was put in force without one
check (audit.person(without_simulation) <> '');

grant select on audit.policy_activations to transform;
