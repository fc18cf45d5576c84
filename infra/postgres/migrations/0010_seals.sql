-- Seals: closure sees what anybody changes in raw and in the ledgers, the superuser included. A
-- delivery and a run have a digest over their rows, and a seal in a chain over all of them.

alter table raw.deliveries
add column digests jsonb;                            -- {table: {rows, columns, digest}}; null: older
alter table decisions.runs
add column seal jsonb;                               -- {seq, chain}, as the manifest has it
comment on column decisions.runs.parquet is '{object_name, sha256, rows, digests}';

-- what came with a delivery is found without reading the whole table
create index transactions_delivery on raw.transactions (delivery_seq);
create index transaction_versions_delivery on raw.transaction_versions (delivery_seq);
create index fx_rates_delivery on raw.fx_rates (delivery_seq);
create index applicant_attributes_delivery on protected.applicant_attributes (delivery_seq);

-- Which tables hold the rows of a delivery or a run, and by which column they name it.
create view audit.digested as
select
    tables.kind,
    tables.scope,                                    -- feed of a delivery, job of a run
    tables.relation,
    tables.key,
    tables.is_counted                                -- one row per admitted or decided row
from (
    values
    ('delivery', 'transactions', 'raw.transactions', 'delivery_seq', true),
    ('delivery', 'transactions', 'raw.transaction_versions', 'delivery_seq', false),
    ('delivery', 'transactions', 'raw.transaction_labels', 'delivery_seq', false),
    ('delivery', 'transactions', 'raw.rejected_rows', 'delivery_id', false),
    ('delivery', 'transaction_labels', 'raw.transaction_labels', 'delivery_seq', true),
    ('delivery', 'transaction_labels', 'raw.rejected_rows', 'delivery_id', false),
    ('delivery', 'fx_rates', 'raw.fx_rates', 'delivery_seq', true),
    ('delivery', 'fx_rates', 'raw.rejected_rows', 'delivery_id', false),
    ('delivery', 'applications', 'raw.applications', 'delivery_seq', true),
    ('delivery', 'applications', 'raw.rejected_rows', 'delivery_id', false),
    ('delivery', 'application_labels', 'raw.application_labels', 'delivery_seq', true),
    ('delivery', 'application_labels', 'raw.rejected_rows', 'delivery_id', false),
    ('delivery', 'applicant_attributes', 'protected.applicant_attributes', 'delivery_seq', true),
    ('delivery', 'applicant_attributes', 'raw.rejected_rows', 'delivery_id', false),
    ('run', 'score_transactions', 'decisions.transaction_decisions', 'run_id', true),
    ('run', 'score_applications', 'decisions.application_decisions', 'run_id', true)
) as tables (kind, scope, relation, key, is_counted);

-- Few values are possible of an applicant: without a secret, a digest of them could be guessed.
create table protected.digest_salt (
    is_singleton boolean primary key default true check (is_singleton),
    salt uuid not null default gen_random_uuid()
);
insert into protected.digest_salt default values;

-- The digest of a set of rows, in whatever order they lie: SHA-256 over their number and the sum of
-- each row's SHA-256, taken as a number. record_send writes types, lengths and nulls, so that no two
-- rows share one form. One expression for each row: a subquery would keep the sum from two cores.
create function audit.row_digests(
    relation text,
    first_columns integer default null,              -- null: all; 0: only count
    keys text[] default null                         -- of which deliveries or runs; null: all
) returns table (key text, row_count bigint, column_count integer, digest text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set jit = off as $$
declare
    key_column text;
    key_type text;
    columns text;
    wanted text := '';
begin
    select distinct digested.key into strict key_column
    from audit.digested
    where digested.relation = row_digests.relation;
    select format_type(attribute.atttypid, null) into strict key_type
    from pg_attribute as attribute
    where attribute.attrelid = relation::regclass and attribute.attname = key_column;
    -- migrations only append columns, so that the first ones are those of an older digest
    select string_agg(format('rows.%I', listed.attname), ', ' order by listed.attnum), count(*)
    into columns, column_count
    from (
        select attribute.attname, attribute.attnum
        from pg_attribute as attribute
        where
            attribute.attrelid = relation::regclass
            and attribute.attnum > 0
            and not attribute.attisdropped
        order by attribute.attnum
        limit first_columns
    ) as listed;
    if starts_with(relation, 'protected.') then
        columns := '(select digest_salt.salt from protected.digest_salt), ' || columns;
    end if;
    if keys is not null then
        wanted := format('where rows.%I = any ($1::%s[])', key_column, key_type);
    end if;
    if first_columns = 0 then
        return query execute format(
            'select rows.%I::text, count(*), 0, null::text from %s as rows %s group by rows.%I',
            key_column, relation::regclass, wanted, key_column
        ) using keys;
        return;
    end if;
    return query execute format(
        $query$
        select
            rows.%I::text,
            count(*),
            $2,
            encode(sha256(record_send(row(
                count(*),
                sum(('0x' || encode(sha256(record_send(row(%s))), 'hex'))::numeric)
            ))), 'hex')
        from %s as rows
        %s
        group by rows.%I
        $query$,
        key_column, columns, relation::regclass, wanted, key_column
    ) using keys, column_count;
end
$$;

-- One statement of the register after the other, each tied to the one before. A row holds what the
-- register said, so that what was changed since can be named and put back.
create table audit.seals (
    seal_seq bigint primary key,                     -- without a gap
    kind text not null check (kind in ('delivery', 'run', 'policy')),
    subject uuid not null,
    content jsonb not null,
    sealed_at timestamptz not null,
    chain bytea not null check (length(chain) = 32)  -- over the chain before and this row
);
create index seals_subject on audit.seals (kind, subject, seal_seq);

create function audit.link(
    chain_before bytea, seal_seq bigint, kind text, subject uuid, content jsonb,
    sealed_at timestamptz
) returns bytea language sql stable parallel safe
return sha256(record_send(row(chain_before, seal_seq, kind, subject, content, sealed_at)));

-- What a seal holds: the row of the register, without what may change later and means nothing. A
-- column that is null is left out, so that one added later changes no content.
create view audit.sealable as
select
    'delivery' as kind,
    deliveries.delivery_id as subject,
    jsonb_strip_nulls(to_jsonb(deliveries) - '{landed_table, changed_at}'::text[]) as content
from raw.deliveries
union all
select
    'run' as kind,
    runs.run_id as subject,
    jsonb_strip_nulls(to_jsonb(runs) - 'seal') as content
from decisions.runs
where runs.state in ('published', 'failed')
union all
select
    'policy' as kind,
    policy_activations.activation_id as subject,
    jsonb_strip_nulls(to_jsonb(policy_activations)) as content
from audit.policy_activations;

create function audit.append_seal(kind text, subject uuid) returns audit.seals
language plpgsql set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    said record;
    sealed audit.seals;
    newest audit.seals;
begin
    -- who holds the chain and stands still is ended: all others wait for it
    perform pg_advisory_xact_lock(4242010);
    perform set_config('idle_in_transaction_session_timeout', '20s', true);
    select sealable.content into said
    from audit.sealable
    where sealable.kind = append_seal.kind and sealable.subject = append_seal.subject;
    if not found then
        raise exception 'there is no % % to seal', kind, subject;
    end if;
    select * into sealed
    from audit.seals
    where seals.kind = append_seal.kind and seals.subject = append_seal.subject
    order by seals.seal_seq desc
    limit 1;
    if sealed.content = said.content then
        return sealed;
    end if;
    if sealed.kind <> 'delivery' or sealed.content ->> 'state' in ('admitted', 'discarded') then
        raise exception '% % is sealed for good and says something else now: ask closure',
            kind, subject;
    end if;
    select * into newest from audit.seals order by seals.seal_seq desc limit 1;
    sealed := row(
        coalesce(newest.seal_seq, 0) + 1, kind, subject, said.content, clock_timestamp(), null
    );
    sealed.chain := audit.link(
        newest.chain, sealed.seal_seq, kind, subject, sealed.content, sealed.sealed_at
    );
    insert into audit.seals select sealed.*;
    return sealed;
end
$$;

-- The only way into the chain: what is sealed is read here, and not told by the caller.
create function audit.seal(kind text, subject uuid) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
declare
    found_digests jsonb;
    sealed audit.seals;
begin
    if kind in ('delivery', 'run') then
        select coalesce(
            jsonb_object_agg(
                digested.relation,
                jsonb_build_object(
                    'rows', found.row_count, 'columns', found.column_count, 'digest', found.digest
                )
            ),
            '{}'
        ) into found_digests
        from (
            select 'delivery' as kind, deliveries.feed as scope, to_jsonb(deliveries) as said
            from raw.deliveries
            where seal.kind = 'delivery' and deliveries.delivery_id = seal.subject
            union all
            select 'run', runs.job, to_jsonb(runs)
            from decisions.runs
            where seal.kind = 'run' and runs.run_id = seal.subject
        ) as register
        inner join audit.digested
            on digested.kind = register.kind and digested.scope = register.scope
        cross join lateral audit.row_digests(
            digested.relation, null, array[register.said ->> digested.key]
        ) as found
        -- what is not admitted has no place in the order, and no rows there
        where register.said ->> digested.key is not null;
    end if;
    if kind = 'delivery' then
        update raw.deliveries set digests = found_digests where delivery_id = seal.subject;
    elsif kind = 'run' then
        update decisions.runs
        set parquet = parquet || jsonb_build_object('digests', found_digests)
        where run_id = seal.subject;
    end if;
    sealed := audit.append_seal(seal.kind, seal.subject);
    if kind = 'run' then
        update decisions.runs
        set seal = jsonb_build_object(
            'seq', sealed.seal_seq, 'chain', encode(sealed.chain, 'hex')
        )
        where run_id = seal.subject;
    end if;
end
$$;

revoke all on function audit.row_digests, audit.append_seal, audit.seal, audit.link from public;
grant usage on schema audit to ingest;
grant execute on function audit.seal to ingest, score;
grant execute on function audit.row_digests, audit.link to score, transform;
grant select on audit.seals, audit.sealable, audit.digested to score;

-- rows of earlier versions have no digest, and what the register says of them is sealed from here on
do $$
begin
    perform audit.append_seal(earlier.kind, earlier.subject)
    from (select sealable.kind, sealable.subject from audit.sealable) as earlier;
end
$$;
