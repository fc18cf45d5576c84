with

sightings as (

    select * from {{ source('audit', 'champion_sightings') }}

),

newest as (

    select distinct on (model) *
    from sightings
    order by model asc, sighting_seq desc

)

select
    model,
    version as named_version,
    sha256 as named_sha256,
    champion_version,
    actor as person,
    reason,
    first_seen_at as seen_at
from newest
where not is_effective
