-- Exceptions from a policy, as data: an allow-list entry lowers the outcome of a customer or
-- merchant, a suppression silences one rule for one of them. One person proposes, another approves,
-- and any person withdraws; each of the three is a row. Nobody may update or delete a row.

create table audit.policy_exceptions (
    event_id uuid primary key default gen_random_uuid(),
    action text not null check (action in ('propose', 'approve', 'withdraw')),
    exception_id uuid not null,                      -- the event_id of the proposal
    kind text check (kind in ('allow_list', 'suppression')),
    customer_id text check (customer_id <> ''),
    merchant_id text check (merchant_id <> ''),
    rule_id text check (rule_id ~ '^[a-z][a-z0-9_]{0,62}$'),
    effective_from timestamptz check (isfinite(effective_from)),
    effective_until timestamptz check (isfinite(effective_until)),  -- excluded
    import_id uuid,                                  -- the file that a proposal came with
    person text not null check (audit.person(person) <> ''),
    proposer text not null,                          -- the person of the proposal
    reason text not null check (audit.person(reason) <> ''),
    recorded_at timestamptz not null default clock_timestamp(),
    unique (event_id, proposer),
    foreign key (exception_id, proposer) references audit.policy_exceptions (event_id, proposer),
    check (effective_from < effective_until),
    check (
        case
            when action = 'propose'
                then
                    exception_id = event_id
                    and proposer = person
                    and kind is not null
                    and num_nonnulls(customer_id, merchant_id) = 1
                    and num_nonnulls(effective_from, effective_until) = 2
                    and (kind = 'suppression') = (rule_id is not null)
            else
                exception_id <> event_id
                and num_nonnulls(
                    kind, customer_id, merchant_id, rule_id, effective_from, effective_until,
                    import_id
                ) = 0
        end
    ),
    constraint policy_exceptions_two_persons
    check (action <> 'approve' or audit.person(person) <> audit.person(proposer))
);
create unique index policy_exceptions_once on audit.policy_exceptions (exception_id, action);
create index policy_exceptions_import on audit.policy_exceptions (import_id)
where import_id is not null;

-- The lines of a file that were no exception.
create table audit.rejected_exceptions (
    import_id uuid not null,
    line_number integer not null check (line_number > 0),
    content jsonb not null,                          -- as the file has it, card numbers masked
    reason text not null check (reason <> ''),
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (import_id, line_number)
);

-- The exceptions in force at a claim, once per distinct list: a replay reads this and nothing else.
create table audit.exception_snapshots (
    sha256 text primary key check (sha256 = encode(sha256(convert_to(entries, 'UTF8')), 'hex')),
    entries text not null,                           -- a JSON list in the order of the ids
    recorded_at timestamptz not null default clock_timestamp()
);

alter table decisions.runs
add column exceptions_sha256 text references audit.exception_snapshots (sha256),
add column exceptions_at timestamptz,                -- the moment at which they were in force
add constraint runs_exceptions_check
check ((exceptions_sha256 is null) = (exceptions_at is null));

-- Keep the list of exceptions in force at a moment, and return its digest; null: none is in force.
-- In force is what is approved, begun, not over, and not withdrawn by then.
create function audit.keep_exceptions(as_of timestamptz) returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    listed text;
    digest text;
begin
    select
        '[' || string_agg(
            jsonb_strip_nulls(jsonb_build_object(
                'exception_id', proposals.exception_id,
                'kind', proposals.kind,
                'customer_id', proposals.customer_id,
                'merchant_id', proposals.merchant_id,
                'rule_id', proposals.rule_id,
                'until', to_char(proposals.effective_until, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                'reason', proposals.reason
            ))::text,
            ',' order by proposals.exception_id
        ) || ']'
    into listed
    from audit.policy_exceptions as proposals
    inner join audit.policy_exceptions as approvals
        on proposals.exception_id = approvals.exception_id and approvals.action = 'approve'
    left join audit.policy_exceptions as withdrawals
        on
            proposals.exception_id = withdrawals.exception_id
            and withdrawals.action = 'withdraw'
            and withdrawals.recorded_at <= as_of
    where
        proposals.action = 'propose'
        and approvals.recorded_at <= as_of
        and proposals.effective_from <= as_of
        and proposals.effective_until > as_of
        and withdrawals.exception_id is null;
    if listed is null then
        return null;
    end if;
    digest := encode(sha256(convert_to(listed, 'UTF8')), 'hex');
    insert into audit.exception_snapshots (sha256, entries)
    values (digest, listed)
    on conflict (sha256) do nothing;
    return digest;
end
$$;

revoke all on function audit.keep_exceptions from public;
grant execute on function audit.keep_exceptions to score;
grant select on audit.policy_exceptions, audit.rejected_exceptions, audit.exception_snapshots
to score, transform;
-- the clock of the warehouse dates a row
grant insert (
    event_id, action, exception_id, kind, customer_id, merchant_id, rule_id, effective_from,
    effective_until, import_id, person, proposer, reason
) on audit.policy_exceptions to score;
grant insert (import_id, line_number, content, reason) on audit.rejected_exceptions to score;

-- Each row is sealed for good, as it was written. A snapshot needs no seal of its own: its digest
-- stands in the sealed row of the run. The kinds that other migrations seal stay as they are.
do $$
declare
    known text;
begin
    select pg_get_constraintdef(constraints.oid) into strict known
    from pg_constraint as constraints
    where
        constraints.conrelid = 'audit.seals'::regclass
        and constraints.conname = 'seals_kind_check';
    alter table audit.seals drop constraint seals_kind_check;
    execute format(
        'alter table audit.seals add constraint seals_kind_check check (%s or kind = %L)',
        substring(known from '^CHECK \((.*)\)$'), 'policy exception'
    );
    execute format(
        $view$
        create or replace view audit.sealable as
        %s
        union all
        select
            'policy exception' as kind,
            policy_exceptions.event_id as subject,
            jsonb_strip_nulls(to_jsonb(policy_exceptions)) as content
        from audit.policy_exceptions
        $view$,
        rtrim(pg_get_viewdef('audit.sealable'::regclass), ';')
    );
end
$$;
