-- Locks that only the jobs can take. An advisory lock belongs to whoever knows its number; a row or a
-- table can be locked by those alone who were granted it, and no reader was.

-- The ingest lock is the row of the ledger clock. Claims take it too, and may not move the clock, so
-- both roles take it through this function.
create function raw.lock_ledger() returns void
language sql security definer set search_path = pg_catalog, pg_temp
begin atomic
    select from raw.ledger_clock for update;
end;
revoke all on function raw.lock_ledger from public;
grant execute on function raw.lock_ledger to ingest, score;

-- One table per lock of a build; they stay empty. A build holds its lock for as long as dbt runs, and
-- a table lock, unlike a row lock, takes no transaction number and keeps no snapshot: vacuum goes on
-- meanwhile.
create schema locks;
create table locks.build ();
create table locks.rebuild ();
grant usage on schema locks to transform;
grant update on locks.build, locks.rebuild to transform;  -- by it `lock table` is allowed

-- A new day must not wait for whoever reads the ledger: `create table … partition of` locks the
-- parent against readers, `attach partition` does not. The day is empty, so there is nothing to scan.
create or replace function raw.ensure_transaction_days(first_day date, last_day date) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    day date;
    name text;
    made integer := 0;
begin
    for day in select generate_series(first_day, last_day, interval '1 day')::date loop
        name := 'transactions_' || to_char(day, 'YYYYMMDD');
        if to_regclass('raw.' || name) is null then
            execute format(
                'create table raw.%I (like raw.transactions including all excluding indexes)', name);
            execute format(
                'alter table raw.transactions attach partition raw.%I for values from (%L) to (%L)',
                name, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
            made := made + 1;
        end if;
    end loop;
    return made;
end
$$;

-- A reader may lift every timeout of its own sessions. A transaction that stays open keeps vacuum from
-- its work in the whole warehouse, so a run ends those that have stood for too long.
create function audit.end_standing_readers(patience interval) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp
return (
    select count(*) filter (where pg_terminate_backend(pid))
    from pg_stat_activity
    where
        datname = current_database()
        and usename in ('analyst', 'fairness')
        and xact_start < clock_timestamp() - patience
);
revoke all on function audit.end_standing_readers from public;
grant execute on function audit.end_standing_readers to score;
