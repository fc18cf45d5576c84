-- The ledger of decisions on loan applications; nobody may update or delete one. And a kind of run
-- that decides a single case before its window is over.

alter table decisions.runs drop constraint runs_kind_check;
alter table decisions.runs add constraint runs_kind_check
check (kind in ('scheduled', 'manual', 'backfill', 'restate', 'shadow', 'case'));

drop index decisions.runs_one_published_per_window;
create unique index runs_one_published_per_window on decisions.runs (job, window_start, window_end)
where state = 'published' and kind not in ('restate', 'shadow', 'case');

create table decisions.application_decisions (
    application_id text not null,
    revision integer not null check (revision >= 0),
    run_id uuid not null,
    version integer not null,                        -- the row version that was decided
    customer_id text not null,
    applied_at timestamptz not null,
    requested_amount_minor bigint not null,
    currency_code text not null,
    decision text not null check (decision in ('approve', 'review', 'decline')),
    credit_status text not null,                     -- ok, or why there is no probability
    default_probability double precision,            -- within the horizon, at the requested amount
    second_probability double precision,             -- of the model that does not decide
    prediction integer check (prediction in (0, 1)), -- 1: at or above the decline cut-off
    grade text,
    pd_horizon_months integer not null,              -- the requested term
    confidence text not null check (confidence in ('low', 'medium', 'high')),
    recommended_limit_minor bigint,                  -- indicative in a review, 0 in a decline
    limit_binding text check (limit_binding in (
        'request', 'minimum', 'affordability_unknown', 'affordability', 'expected_loss',
        'decision')),
    is_counter_offer boolean not null,               -- approved below the request
    is_overridden boolean not null,                  -- an allow-list made it milder
    -- the applicant's card payments, as decided and confirmed by the run's cut-off
    fraud_state text not null check (fraud_state in (
        'no_history', 'clear', 'suspected', 'declined', 'confirmed')),
    fraud_highest_probability double precision,
    fraud_decision_count bigint not null,
    fraud_review_count bigint not null,
    fraud_decline_count bigint not null,
    fraud_confirmed_count bigint not null,
    fraud_decision_ids jsonb not null,               -- of those that made the state
    is_degraded boolean not null,
    reasons jsonb not null,                          -- [{code, origin, feature, text, …}]
    rule_hits text[] not null,
    feature_view text not null,
    feature_sha256 bytea not null check (length(feature_sha256) = 32),
    model_version text not null,
    policy_version text not null,
    decided_at timestamptz not null,
    processing_time_ms double precision not null,    -- time of the chunk / its rows
    primary key (application_id, revision),
    check ((credit_status = 'ok' and default_probability is not null
            and default_probability between 0 and 1)
        or (credit_status <> 'ok' and default_probability is null)),
    check (second_probability is null or second_probability between 0 and 1),
    check (is_degraded = (credit_status <> 'ok')),
    check (not (is_degraded and decision = 'approve')),
    check ((default_probability is null) = (grade is null)),
    check ((default_probability is null) = (prediction is null)),
    check ((default_probability is null) = (recommended_limit_minor is null)),
    check ((default_probability is null) = (limit_binding is null)),
    check (recommended_limit_minor between 0 and requested_amount_minor),
    check (decision <> 'decline' or coalesce(recommended_limit_minor, 0) = 0),
    check (decision <> 'approve' or recommended_limit_minor > 0),
    check (is_counter_offer = (
        decision = 'approve' and recommended_limit_minor < requested_amount_minor)),
    check ((decision = 'approve' and not is_counter_offer)
        or jsonb_array_length(reasons) between 1 and 4)
) partition by hash (application_id);
do $$
begin
    for part in 0..7 loop
        execute format(
            'create table decisions.application_decisions_p%s '
            'partition of decisions.application_decisions '
            'for values with (modulus 8, remainder %s)', part, part);
    end loop;
end
$$;
create index application_decisions_revised
on decisions.application_decisions (application_id, revision) where revision > 0;
create index application_decisions_customer
on decisions.application_decisions (customer_id, applied_at);
create index application_decisions_time
on decisions.application_decisions using brin (decided_at);
create index application_decisions_run
on decisions.application_decisions using brin (run_id);

grant select on decisions.application_decisions to score, transform, ingest;
grant insert on decisions.application_decisions to score;
