-- Stock, purchase orders and promotions of merchants, and what a supplier needs to deliver again.

alter table raw.deliveries drop constraint deliveries_feed_check;
alter table raw.deliveries add constraint deliveries_feed_check check (
    feed in (
        'fx_rates', 'places', 'merchants', 'customers', 'products', 'transactions',
        'transaction_labels', 'promotions', 'purchase_orders', 'stock_movements', 'stock_levels',
        'sales', 'applications', 'application_labels', 'applicant_attributes'
    )
);

alter table raw.products
add column lead_time_days double precision check (lead_time_days >= 0),
add column lead_time_sd_days double precision check (lead_time_sd_days >= 0),
add column minimum_order numeric(15, 6) check (minimum_order > 0),
add column order_days text,                          -- such as "mon thu"; null: every day
add column shelf_life_days double precision check (shelf_life_days >= 0);

-- The table of each feed is also its list of versions.
create table raw.promotions (
    promotion_id text not null,
    version integer not null check (version >= 1),
    content_digest bytea not null,                   -- over the row as delivered, clocks excepted
    delivery_id uuid not null,
    delivery_seq bigint not null,
    row_number bigint not null,
    announced_at timestamptz not null,
    known_at timestamptz not null check (known_at >= announced_at),
    is_history boolean not null,
    merchant_id text not null,
    product_id text not null,
    channel text,                                    -- null: all channels
    price_minor bigint not null check (price_minor >= 0),  -- of a piece
    price_base_minor bigint,                         -- null: no rate was known by known_at
    currency_code text not null,
    starts_on date not null,
    ends_on date not null,                           -- the last day with the price
    primary key (promotion_id, version),
    check (ends_on >= starts_on)
);

-- A later version says when the pieces came.
create table raw.purchase_orders (
    purchase_order_id text not null,                 -- of a line of an order
    version integer not null check (version >= 1),
    content_digest bytea not null,
    delivery_id uuid not null,
    delivery_seq bigint not null,
    row_number bigint not null,
    ordered_at timestamptz not null,
    known_at timestamptz not null check (known_at >= ordered_at),
    is_history boolean not null,
    merchant_id text not null,
    product_id text not null,
    destination text not null,                       -- the location that the pieces go to
    quantity numeric(15, 6) not null check (quantity > 0),
    expected_at timestamptz,                         -- may lie ahead
    received_at timestamptz,                         -- null: on order
    primary key (purchase_order_id, version)
);

create table raw.stock_movements (
    stock_movement_id text not null,
    version integer not null check (version >= 1),
    content_digest bytea not null,
    delivery_id uuid not null,
    delivery_seq bigint not null,
    row_number bigint not null,
    occurred_at timestamptz not null,
    known_at timestamptz not null check (known_at >= occurred_at),
    is_history boolean not null,
    merchant_id text not null,
    product_id text not null,
    location text not null,
    movement text not null check (
        movement in ('receipt', 'sale', 'return', 'transfer', 'write_off')
    ),
    quantity numeric(15, 6) not null check (quantity > 0),
    to_location text,                                -- of a transfer: pieces leave `location`
    primary key (stock_movement_id, version),
    check ((movement = 'transfer') = (to_location is not null)),
    check (to_location <> location)
);

-- The rows of a product at a location with one counted_at are one count; its batches add up.
create table raw.stock_levels (
    stock_level_id text not null,
    version integer not null check (version >= 1),
    content_digest bytea not null,
    delivery_id uuid not null,
    delivery_seq bigint not null,
    row_number bigint not null,
    counted_at timestamptz not null,
    known_at timestamptz not null check (known_at >= counted_at),
    is_history boolean not null,
    merchant_id text not null,
    product_id text not null,
    location text not null,
    on_hand numeric(15, 6) not null check (on_hand >= 0),
    reserved numeric(15, 6) check (reserved >= 0),   -- of the pieces on hand; null: none
    expires_on date,                                 -- of the batch
    primary key (stock_level_id, version)
);

create index promotions_time on raw.promotions (announced_at);
create index purchase_orders_time on raw.purchase_orders (ordered_at);
create index stock_movements_time on raw.stock_movements (occurred_at);
create index stock_levels_time on raw.stock_levels (counted_at);

create index promotions_admission on raw.promotions (delivery_seq);
create index purchase_orders_admission on raw.purchase_orders (delivery_seq);
create index stock_movements_admission on raw.stock_movements (delivery_seq);
create index stock_levels_admission on raw.stock_levels (delivery_seq);

create index promotions_corrections on raw.promotions (promotion_id, version)
include (known_at, delivery_seq) where version > 1;
create index purchase_orders_corrections on raw.purchase_orders (purchase_order_id, version)
include (known_at, delivery_seq) where version > 1;
create index stock_movements_corrections on raw.stock_movements (stock_movement_id, version)
include (known_at, delivery_seq) where version > 1;
create index stock_levels_corrections on raw.stock_levels (stock_level_id, version)
include (known_at, delivery_seq) where version > 1;

grant select on raw.promotions, raw.purchase_orders, raw.stock_movements, raw.stock_levels
to ingest, transform, score;
grant insert on raw.promotions, raw.purchase_orders, raw.stock_movements, raw.stock_levels
to ingest;

insert into audit.digested_tables (kind, scope, relation, key, is_counted)
values
('delivery', 'promotions', 'raw.promotions', 'delivery_seq', true),
('delivery', 'promotions', 'raw.rejected_rows', 'delivery_id', false),
('delivery', 'purchase_orders', 'raw.purchase_orders', 'delivery_seq', true),
('delivery', 'purchase_orders', 'raw.rejected_rows', 'delivery_id', false),
('delivery', 'stock_movements', 'raw.stock_movements', 'delivery_seq', true),
('delivery', 'stock_movements', 'raw.rejected_rows', 'delivery_id', false),
('delivery', 'stock_levels', 'raw.stock_levels', 'delivery_seq', true),
('delivery', 'stock_levels', 'raw.rejected_rows', 'delivery_id', false);

-- A merchant sees its own rows, as those of 0018_merchants.sql.
do $$
declare
    protected regclass;
begin
    foreach protected in array array[
        'raw.promotions', 'raw.purchase_orders', 'raw.stock_movements', 'raw.stock_levels'
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
