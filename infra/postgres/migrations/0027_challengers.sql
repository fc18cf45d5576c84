-- Every model that a training has registered, whether it was promoted later or not. Nobody may
-- update or delete a row.

create table audit.challengers (
    challenger_id uuid primary key default gen_random_uuid(),
    job text not null check (job <> ''),
    model text not null check (model <> ''),
    version text not null check (version <> ''),
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),  -- of the model file
    run_id text not null,                            -- of the registry: metrics, plots, model card
    trainer text not null check (audit.person(trainer) <> ''),  -- a person, or 'schedule'
    feature_view text not null,
    data_sha256 text not null,                       -- of the rows and labels that it learnt from
    training_start timestamptz,                      -- first and last of these rows
    training_end timestamptz,
    label_as_of timestamptz,                         -- later labels were ignored
    sources text not null,
    code_version text not null,
    metrics jsonb not null check (jsonb_typeof(metrics) = 'object'),
    alias text not null,                             -- given at the training; '': none
    trained_at timestamptz not null default clock_timestamp(),
    unique (model, version, sha256),
    check (training_start <= training_end)
);
create index challengers_newest on audit.challengers (model, trained_at desc);

grant select on audit.challengers to score, transform;
-- the clock of the warehouse dates a row
grant insert (
    job, model, version, sha256, run_id, trainer, feature_view, data_sha256, training_start,
    training_end, label_as_of, sources, code_version, metrics, alias
) on audit.challengers to score;
