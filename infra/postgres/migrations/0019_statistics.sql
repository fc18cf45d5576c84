-- A table that was never analysed has no statistics. The planner then joins a first load in nested
-- loops, and a build takes half as long again; autovacuum comes up to a minute later. So a build first
-- analyses the tables of the ledger that have rows and no statistics. A partition of one day is
-- analysed once, in the build after its first rows.
create function raw.gather_statistics() returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    unknown regclass;
    gathered integer := 0;
begin
    for unknown in
        select oid::regclass
        from pg_class
        where
            relnamespace = 'raw'::regnamespace
            and relkind = 'r'
            and reltuples < 0
            and pg_relation_size(oid) >= 65536  -- smaller tables are read whole anyway
    loop
        execute format('analyze %s', unknown);
        gathered := gathered + 1;
    end loop;
    return gathered;
end
$$;
revoke all on function raw.gather_statistics from public;
grant execute on function raw.gather_statistics to transform;
