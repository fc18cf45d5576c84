-- A held delivery is parsed again without a new file: by hand, or because its description changed. The
-- new delivery names the held one, which keeps its row, its rejected rows and its seals.

alter table raw.deliveries
add column description_sha256 text,                  -- of its feed's description; null: an older row
add column retry_of uuid references raw.deliveries,  -- the held delivery that this one replaces
add column first_seen_at timestamptz;                -- of a retry: receipt of the first delivery

-- Of two retries at once only one replaces the held delivery.
create unique index deliveries_retry_key on raw.deliveries (retry_of) where retry_of is not null;
