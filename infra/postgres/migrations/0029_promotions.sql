-- Who may decide that a model version decides: validations, decisions about versions, and what the
-- claims have seen of the alias `champion`. The registry keeps no person with an alias, so the
-- warehouse does. Nobody may update or delete a row.

create table audit.model_validations (
    validation_id uuid primary key default gen_random_uuid(),
    model text not null check (model <> ''),
    version text not null check (version <> ''),
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    validator text not null check (audit.person(validator) <> ''),
    is_valid boolean not null,
    reason text not null check (audit.person(reason) <> ''),
    validated_at timestamptz not null default clock_timestamp()
);
create index model_validations_model on audit.model_validations (model, validated_at);

-- The number of a decision is the one after the newest that its person has seen, so of two persons
-- who decide at once one is refused.
create table audit.model_decisions (
    decision_id uuid primary key default gen_random_uuid(),
    model text not null check (model <> ''),
    decision_seq bigint not null check (decision_seq > 0),
    action text not null
    check (action in ('promote', 'reject', 'extend', 'rollback', 'override')),
    version text not null check (version <> ''),
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    replaces_version text,                           -- the champion before; null: none, or it stays
    gate_id uuid references audit.model_gates (gate_id),
    verdict_sha256 text check (verdict_sha256 ~ '^[0-9a-f]{64}$'),
    person text not null check (audit.person(person) <> ''),
    reason text not null check (audit.person(reason) <> ''),
    expires_at timestamptz,                          -- of an override
    source text not null check (source in ('command', 'airflow', 'training')),
    decided_at timestamptz not null default clock_timestamp(),
    unique (model, decision_seq),
    check ((action = 'override') = (expires_at is not null)),
    check (expires_at > decided_at),
    check ((gate_id is null) = (verdict_sha256 is null)),
    check (replaces_version is null or action in ('promote', 'rollback', 'override'))
);

-- One row per change of what the alias `champion` names, or of its effect.
create table audit.champion_sightings (
    sighting_id uuid primary key default gen_random_uuid(),
    model text not null check (model <> ''),
    sighting_seq bigint not null check (sighting_seq > 0),
    version text not null check (version <> ''),
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    run_id text not null,                            -- of the registry, as in a run's pin
    source text not null,
    actor text not null check (audit.person(actor) <> ''),
    is_effective boolean not null,
    champion_version text,                           -- the one that decides; null: none
    basis text not null check (
        basis in ('first', 'former', 'refit', 'override', 'gate', 'validation', 'refused')
    ),
    reason text not null,
    first_seen_at timestamptz not null default clock_timestamp(),
    unique (model, sighting_seq),
    check (is_effective = (basis <> 'refused'))
);

grant select on audit.model_validations, audit.model_decisions, audit.champion_sightings
to score, transform;
-- the clock of the warehouse dates a row
grant insert (
    validation_id, model, version, sha256, validator, is_valid, reason
) on audit.model_validations to score;
grant insert (
    decision_id, model, decision_seq, action, version, sha256, replaces_version, gate_id,
    verdict_sha256, person, reason, expires_at, source
) on audit.model_decisions to score;
grant insert (
    sighting_id, model, sighting_seq, version, sha256, run_id, source, actor, is_effective,
    champion_version, basis, reason
) on audit.champion_sightings to score;

-- The three registers are sealed for good, each row as it was written.
alter table audit.seals
drop constraint seals_kind_check,
add constraint seals_kind_check check (
    kind in ('delivery', 'run', 'policy', 'model validation', 'model decision', 'champion sighting')
);

create or replace view audit.sealable as
select
    'delivery' as kind,
    deliveries.delivery_id as subject,
    jsonb_strip_nulls(to_jsonb(deliveries) - '{landed_table, changed_at}'::text[]) as content
from raw.deliveries
union all
select
    'run' as kind,
    runs.run_id as subject,
    jsonb_strip_nulls(to_jsonb(runs) - 'seal') as content
from decisions.runs
where runs.state in ('published', 'failed')
union all
select
    'policy' as kind,
    policy_activations.activation_id as subject,
    jsonb_strip_nulls(to_jsonb(policy_activations)) as content
from audit.policy_activations
union all
select
    'model validation' as kind,
    model_validations.validation_id as subject,
    jsonb_strip_nulls(to_jsonb(model_validations)) as content
from audit.model_validations
union all
select
    'model decision' as kind,
    model_decisions.decision_id as subject,
    jsonb_strip_nulls(to_jsonb(model_decisions)) as content
from audit.model_decisions
union all
select
    'champion sighting' as kind,
    champion_sightings.sighting_id as subject,
    jsonb_strip_nulls(to_jsonb(champion_sightings)) as content
from audit.champion_sightings;
