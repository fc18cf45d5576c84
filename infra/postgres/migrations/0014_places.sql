-- Coordinates on the row of a transaction, and reference rows of customers, merchants and places.

alter table raw.transactions
add column customer_latitude double precision,
add column customer_longitude double precision,
add column merchant_latitude double precision,
add column merchant_longitude double precision;

alter table raw.deliveries drop constraint deliveries_feed_check;
alter table raw.deliveries add constraint deliveries_feed_check check (
    feed in (
        'fx_rates', 'places', 'merchants', 'customers', 'transactions', 'transaction_labels',
        'applications', 'application_labels', 'applicant_attributes'
    )
);

-- Facts: append-only, the newest version of a key holds. A zone that Postgres lacks would fail every
-- build, so it cannot enter.
create table raw.places (
    location_code text not null,
    version integer not null check (version >= 1),
    latitude double precision not null check (latitude between -90 and 90),
    longitude double precision not null check (longitude between -180 and 180),
    time_zone text check (
        time_zone is null
        or (timestamptz '2000-01-01 00:00:00+00' at time zone time_zone) is not null
    ),
    country_code text,
    known_at timestamptz not null,
    declared_known_at timestamptz,                   -- as the source states it
    source text not null,
    delivery_id uuid not null,
    delivery_seq bigint not null,
    primary key (location_code, version)
);

create table raw.merchants (
    merchant_id text not null,
    version integer not null check (version >= 1),
    valid_from timestamptz,                          -- null: since ever
    declared_valid_from timestamptz,                 -- as the source states it
    category text,
    location_code text,
    latitude double precision check (latitude between -90 and 90),
    longitude double precision check (longitude between -180 and 180),
    opened_on date,
    known_at timestamptz not null,
    declared_known_at timestamptz,                   -- as the source states it
    source text not null,
    delivery_id uuid not null,
    delivery_seq bigint not null,
    primary key (merchant_id, version),
    check ((latitude is null) = (longitude is null))
);

create table raw.customers (
    customer_id text not null,
    version integer not null check (version >= 1),
    valid_from timestamptz,                          -- null: since ever
    declared_valid_from timestamptz,                 -- as the source states it
    location_code text,                              -- of the home, like the coordinates
    latitude double precision check (latitude between -90 and 90),
    longitude double precision check (longitude between -180 and 180),
    opened_on date,                                  -- the first account
    known_at timestamptz not null,
    declared_known_at timestamptz,                   -- as the source states it
    source text not null,
    delivery_id uuid not null,
    delivery_seq bigint not null,
    primary key (customer_id, version),
    check ((latitude is null) = (longitude is null))
);

create index places_delivery on raw.places (delivery_seq);
create index merchants_delivery on raw.merchants (delivery_seq);
create index customers_delivery on raw.customers (delivery_seq);

grant select on raw.places, raw.merchants, raw.customers to ingest, transform, score;
grant insert on raw.places, raw.merchants, raw.customers to ingest;

insert into audit.digested_tables (kind, scope, relation, key, is_counted)
values
('delivery', 'places', 'raw.places', 'delivery_seq', true),
('delivery', 'places', 'raw.rejected_rows', 'delivery_id', false),
('delivery', 'merchants', 'raw.merchants', 'delivery_seq', true),
('delivery', 'merchants', 'raw.rejected_rows', 'delivery_id', false),
('delivery', 'customers', 'raw.customers', 'delivery_seq', true),
('delivery', 'customers', 'raw.rejected_rows', 'delivery_id', false);
