-- A merchant logs in and sees its own rows. Every login of a merchant is a member of role `merchant`,
-- which has nothing but views of `serving`. Row-level security asks the session for its login, and
-- not for the role that owns a view or that somebody has set.

grant usage on schema serving to merchant;

create table audit.merchant_logins (
    login text primary key,
    merchant_id text not null,
    created_at timestamptz not null default clock_timestamp()
);
revoke all on audit.merchant_logins from transform;

create function audit.merchant_of_session() returns text
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
return (
    select merchant_logins.merchant_id
    from audit.merchant_logins
    where merchant_logins.login = session_user
);

create function audit.sees_all_merchants() returns boolean
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
return not exists (
    select
    from pg_roles
    where
        pg_roles.rolname = session_user
        and not pg_roles.rolsuper
        and pg_has_role(pg_roles.oid, 'merchant', 'member')
);

-- The two jobs read and write a million rows at a time, and have a policy that costs nothing.
do $$
declare
    protected regclass;
begin
    foreach protected in array array[
        'raw.sales', 'raw.products', 'decisions.customer_segments', 'decisions.customer_values'
    ]::regclass[]
    loop
        execute format('alter table %s enable row level security', protected);
        execute format(
            'create policy jobs on %s to ingest, score using (true) with check (true)', protected);
        execute format(
            'create policy rows_of_a_merchant on %s using ('
            '(select audit.sees_all_merchants()) '
            'or merchant_id = (select audit.merchant_of_session()))', protected);
    end loop;
end
$$;

create or replace function audit.end_standing_readers(patience interval) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp
return (
    select count(*) filter (where pg_terminate_backend(sessions.pid))
    from pg_stat_activity as sessions
    inner join pg_roles on pg_roles.oid = sessions.usesysid
    where
        sessions.datname = current_database()
        and sessions.xact_start < clock_timestamp() - patience
        and (
            pg_roles.rolname in ('analyst', 'fairness')
            or (not pg_roles.rolsuper and pg_has_role(pg_roles.oid, 'merchant', 'member'))
        )
);
