-- One writer per schema: the grants below are the architecture, and a test tries to break them.
-- Runs as role `owner`, which owns every table of raw, decisions and audit and never logs in for work.

create schema landed;
create schema raw;
create schema staging;
create schema intermediate;
create schema marts;
create schema serving;
create schema rebuilt;
create schema scored;
create schema decisions;
create schema audit;

revoke all on schema public from public;

-- landed: one unlogged table per delivery, made and dropped by ingest
grant usage, create on schema landed to ingest;
grant usage on schema landed to score;

-- raw: rows by ingest, tables by owner
grant usage on schema raw to ingest, transform, score;

-- dbt's own schemas
grant usage, create on schema staging, intermediate, marts, serving, rebuilt to transform;
grant usage on schema marts to score, ingest;
grant usage on schema serving to analyst;

-- scored: one unlogged table per run, made and dropped by score
grant usage, create on schema scored to score;

grant usage on schema decisions to score, transform, ingest;
grant usage on schema audit to score, transform;

alter default privileges for role ingest in schema landed grant select on tables to score;
alter default privileges for role transform in schema marts grant select on tables to score, ingest;
alter default privileges for role transform in schema serving grant select on tables to analyst;
alter default privileges for role owner in schema raw grant select on tables to transform, score;
alter default privileges for role owner in schema decisions grant select on tables to transform, ingest;
alter default privileges for role owner in schema audit grant select on tables to transform;
