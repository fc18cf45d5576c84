with

simulations as (

    select * from {{ source('audit', 'policy_simulations') }}

),

activations as (

    select
        named.value ->> 'simulation_id' as simulation_id,
        min(policy_activations.activated_at) as activated_at
    from {{ source('audit', 'policy_activations') }} as policy_activations
    cross join lateral jsonb_array_elements(policy_activations.simulations) as named
    group by named.value ->> 'simulation_id'

)

select
    simulations.simulation_id,
    simulations.job,
    simulations.policy_version,
    simulations.policy_sha256,
    nullif(simulations.model_version, '') as model_version,
    simulations.own_policies,
    simulations.window_start,
    simulations.window_end,
    simulations.decisions as decision_count,
    simulations.rows as simulated_count,
    simulations.moved as moved_count,
    simulations.stricter as stricter_count,
    simulations.moved - simulations.stricter as milder_count,
    simulations.own_differing as unreproduced_count,
    simulations.report_sha256,
    simulations.report,
    simulations.requested_by,
    simulations.simulated_at,
    activations.activated_at
from simulations
left join activations on simulations.simulation_id::text = activations.simulation_id
