-- When files arrived: the order of statements is the order of arrival, over runs and repeats.

alter table raw.deliveries
add column arrived_at timestamptz,                   -- the file's modification time; null: unknown
add column changed_at timestamptz,                   -- last change of any kind, as it was listed
add column object_tag text,                          -- what the store says of the content
add column follows uuid references raw.deliveries,   -- the delivery seen last under this name
add column notes text[] not null default '{}';       -- what a person should know of it

-- The same bytes may come again after other bytes: 10, 20, 10 ends at 10. Two runs that look at one
-- arrival at once see the same predecessor, so one of them takes it.
drop index raw.deliveries_content_key;
create unique index deliveries_arrival_key
on raw.deliveries (source, feed, object_name, content_sha256, follows)
nulls not distinct where state <> 'discarded';
create index deliveries_content on raw.deliveries (source, feed, content_sha256);

alter table raw.repeated_deliveries
add column arrived_at timestamptz,
add column changed_at timestamptz,
add column object_tag text;

alter table raw.fx_rates
add column declared_known_at timestamptz;            -- as the source states it

grant update (notes, changed_at) on raw.deliveries to ingest;
grant update (seen_at, arrived_at, changed_at, object_tag) on raw.repeated_deliveries to ingest;

-- Ingest asks which delivery spoke of an applicant, and still not what it said.
grant select (application_id, delivery_seq) on protected.applicant_attributes to ingest;
