-- A run stores how it is cut, so that a new release between two attempts cuts it in the same way.
-- Runs claimed before this migration have no values; they were cut with the constants of their time.
alter table decisions.runs
add column chunk_rows integer check (chunk_rows > 0),
add column shard_count integer check (shard_count > 0);

-- The tables with the rows of a delivery or a run become data: a new job adds its row here.
create table audit.digested_tables (
    kind text not null check (kind in ('delivery', 'run')),
    scope text not null,                             -- feed of a delivery, job of a run
    relation text not null,
    key text not null,                               -- the column that names the delivery or run
    is_counted boolean not null,                     -- one row per admitted or decided row
    primary key (kind, scope, relation)
);
insert into audit.digested_tables (kind, scope, relation, key, is_counted)
select
    digested.kind,
    digested.scope,
    digested.relation,
    digested.key,
    digested.is_counted
from audit.digested;
create or replace view audit.digested as
select
    digested_tables.kind,
    digested_tables.scope,
    digested_tables.relation,
    digested_tables.key,
    digested_tables.is_counted
from audit.digested_tables;
