-- Trainings and gates are evidence of who may decide about a model, so each row is sealed for good,
-- as it was written.

alter table audit.seals
drop constraint seals_kind_check,
add constraint seals_kind_check check (
    kind in (
        'delivery', 'run', 'policy', 'model validation', 'model decision', 'champion sighting',
        'training', 'model gate'
    )
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
from audit.champion_sightings
union all
select
    'training' as kind,
    challengers.challenger_id as subject,
    jsonb_strip_nulls(to_jsonb(challengers)) as content
from audit.challengers
union all
select
    'model gate' as kind,
    model_gates.gate_id as subject,
    jsonb_strip_nulls(to_jsonb(model_gates)) as content
from audit.model_gates;

do $$
begin
    perform audit.append_seal(earlier.kind, earlier.subject)
    from (
        select sealable.kind, sealable.subject
        from audit.sealable
        where sealable.kind in ('training', 'model gate')
    ) as earlier;
end
$$;
