with

trained as (

    select
        model,
        trained_at as happened_at,
        'trained' as event,
        version,
        sha256,
        trainer as person,
        case
            when alias = '' then 'without an alias: another challenger was under test'
            else 'with the alias ' || alias
        end as reason
    from {{ source('audit', 'challengers') }}

),

gated as (

    select
        model,
        gated_at as happened_at,
        'gated' as event,
        challenger_version as version,
        challenger_sha256 as sha256,
        requested_by as person,
        verdict || ', against version ' || champion_version as reason
    from {{ source('audit', 'model_gates') }}

),

validated as (

    select
        model,
        validated_at as happened_at,
        case when is_valid then 'validated' else 'found invalid' end as event,
        version,
        sha256,
        validator as person,
        reason
    from {{ source('audit', 'model_validations') }}

),

decided as (

    select
        model,
        decided_at as happened_at,
        case action
            when 'promote' then 'promoted'
            when 'reject' then 'rejected'
            when 'extend' then 'shadow extended'
            when 'rollback' then 'rolled back to'
            else 'overridden'
        end as event,
        version,
        sha256,
        person,
        reason
    from {{ source('audit', 'model_decisions') }}

),

seen as (

    select
        model,
        first_seen_at as happened_at,
        case when is_effective then 'became champion' else 'refused as champion' end as event,
        version,
        sha256,
        actor as person,
        reason
    from {{ source('audit', 'champion_sightings') }}

),

events as (

    select * from trained
    union all
    select * from gated
    union all
    select * from validated
    union all
    select * from decided
    union all
    select * from seen

)

select
    model,
    happened_at,
    event,
    version,
    sha256,
    person,
    reason
from events
