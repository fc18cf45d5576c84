-- The raw ledger: every row version of every source, with both clocks. Append-only.

-- The one ingest lock of the warehouse guards this row: known_at and delivery_seq only grow,
-- so a reader's cut-off separates past from future for good.
create table raw.ledger_clock (
    is_singleton boolean primary key default true check (is_singleton),
    last_known_at timestamptz not null default '-infinity',
    last_delivery_seq bigint not null default 0
);
insert into raw.ledger_clock default values;

create table raw.deliveries (
    delivery_id uuid primary key default gen_random_uuid(),
    delivery_seq bigint unique,                      -- order of admission; null until admitted
    source text not null,
    feed text not null check (feed in ('transactions', 'transaction_labels', 'fx_rates')),
    object_name text not null,
    content_sha256 text not null,
    size_bytes bigint not null,
    load_kind text not null check (load_kind in ('history', 'live')),
    state text not null check (state in ('parsed', 'held', 'admitted', 'discarded')),
    reason text,                                     -- why it is held or discarded
    landed_table text,                               -- landed.<name> while parsed or held
    rows_in_file bigint,                             -- null where the file could not be read
    rows_rejected bigint not null default 0,
    rows_duplicate bigint not null default 0,
    rows_admitted bigint not null default 0,
    first_occurred_at timestamptz,
    last_occurred_at timestamptz,
    known_at timestamptz,                            -- newest of its rows
    received_at timestamptz not null default clock_timestamp(),
    admitted_at timestamptz,
    check (state <> 'held' or reason is not null),
    -- closure of a delivery: what was in the file went to exactly one place
    check (state <> 'admitted' or rows_in_file = rows_rejected + rows_duplicate + rows_admitted)
);
-- the same bytes are taken once, unless somebody discarded the first take
create unique index deliveries_content_key on raw.deliveries (source, feed, content_sha256)
where state <> 'discarded';

create table raw.repeated_deliveries (
    delivery_id uuid not null references raw.deliveries,
    object_name text not null,
    seen_at timestamptz not null default clock_timestamp(),
    primary key (delivery_id, object_name)
);

create table raw.rejected_rows (
    delivery_id uuid not null references raw.deliveries,
    source text not null,
    object_name text not null,
    row_number bigint not null,                      -- 1 is the first row after the header
    reason text not null,                            -- a code of features/ingest/reasons.py
    detail text not null,
    original text not null,                          -- the row as delivered, card numbers masked
    rejected_at timestamptz not null default clock_timestamp(),
    primary key (delivery_id, row_number)
);

create table raw.transactions (
    transaction_id text not null,
    version integer not null check (version >= 1),
    delivery_id uuid not null,
    delivery_seq bigint not null,
    row_number bigint not null,
    occurred_at timestamptz not null,
    known_at timestamptz not null check (known_at >= occurred_at),
    is_history boolean not null,
    customer_id text not null,
    merchant_id text not null,
    amount_minor bigint not null,
    currency_code text not null,
    amount_base_minor bigint,                        -- null: no rate was known by known_at
    transaction_type integer,
    card_bin text,
    ip_address text,
    device_id text,
    location_code text,
    channel text,
    transaction_category text,
    customer_segments text[],
    merchant_risk_score double precision,
    card_risk_score double precision,
    customer_risk_score double precision,
    is_velocity_alert boolean,
    is_location_alert boolean,
    is_device_alert boolean,
    is_high_value boolean
) partition by range (occurred_at);
create index transactions_customer_time on raw.transactions (customer_id, occurred_at);
create index transactions_admission on raw.transactions using brin (delivery_seq, known_at);

-- Uniqueness of versions lives here, in a narrow table that is also the duplicate check.
create table raw.transaction_versions (
    transaction_id text not null,
    version integer not null,
    content_digest bytea not null,                   -- over the row as admitted, clocks excepted
    customer_id text not null,
    occurred_at timestamptz not null,
    known_at timestamptz not null,
    delivery_seq bigint not null,
    is_history boolean not null,
    primary key (transaction_id, version)
) partition by hash (transaction_id);
do $$
begin
    for part in 0..7 loop
        execute format(
            'create table raw.transaction_versions_p%s partition of raw.transaction_versions '
            'for values with (modulus 8, remainder %s)', part, part);
    end loop;
end
$$;

-- corrections are rare: "what replaced this row?" must not read the whole ledger
create index transaction_versions_corrections
on raw.transaction_versions (transaction_id, version) include (known_at, delivery_seq)
where version > 1;

create table raw.transaction_labels (
    transaction_id text not null,
    version integer not null check (version >= 1),
    is_fraud boolean not null,
    known_at timestamptz not null,
    declared_known_at timestamptz,                   -- as the source states it
    provenance text not null,
    source text not null,
    delivery_id uuid not null,
    delivery_seq bigint not null,
    primary key (transaction_id, version)
);
create index transaction_labels_admission on raw.transaction_labels (delivery_seq);
create index transaction_labels_frauds on raw.transaction_labels (transaction_id) where is_fraud;

create table raw.fx_rates (
    currency_code text not null,
    rate_date date not null,
    version integer not null check (version >= 1),
    rate numeric(24, 12) not null check (rate > 0 and rate < 1e12),  -- base units per unit
    known_at timestamptz not null,
    source text not null,
    delivery_id uuid not null,
    delivery_seq bigint not null,
    primary key (currency_code, rate_date, version)
);

-- Days are partitions; ingest may add them, but owns none of them.
create function raw.ensure_transaction_days(first_day date, last_day date) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    day date;
    made integer := 0;
begin
    for day in select generate_series(first_day, last_day, interval '1 day')::date loop
        if to_regclass(format('raw.transactions_%s', to_char(day, 'YYYYMMDD'))) is null then
            execute format(
                'create table raw.transactions_%s partition of raw.transactions '
                'for values from (%L) to (%L)',
                to_char(day, 'YYYYMMDD'), day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
            made := made + 1;
        end if;
    end loop;
    return made;
end
$$;
revoke all on function raw.ensure_transaction_days from public;
grant execute on function raw.ensure_transaction_days to ingest;

grant select on all tables in schema raw to ingest;
grant insert on raw.deliveries, raw.repeated_deliveries, raw.rejected_rows, raw.transactions,
    raw.transaction_versions, raw.transaction_labels, raw.fx_rates to ingest;
grant update on raw.ledger_clock to ingest;
grant update (delivery_seq, state, reason, landed_table, rows_rejected, rows_duplicate,
    rows_admitted, first_occurred_at, last_occurred_at, known_at, admitted_at)
    on raw.deliveries to ingest;
