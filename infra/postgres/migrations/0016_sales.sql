-- Sales and products of merchants, and the customer nights that the nightly jobs decide.

alter table raw.deliveries drop constraint deliveries_feed_check;
alter table raw.deliveries add constraint deliveries_feed_check check (
    feed in (
        'fx_rates', 'places', 'merchants', 'customers', 'products', 'transactions',
        'transaction_labels', 'sales', 'applications', 'application_labels', 'applicant_attributes'
    )
);

-- One file may hold history and rows to decide: the moment that separated them at its admission.
alter table raw.deliveries
add column decide_from timestamptz;                  -- null: the kind of load decides
grant update (decide_from) on raw.deliveries to ingest;

-- One row per line of an order and version. The table is also the list of versions.
create table raw.sales (
    sale_line_id text not null,
    version integer not null check (version >= 1),
    content_digest bytea not null,                   -- over the row as delivered, clocks excepted
    delivery_id uuid not null,
    delivery_seq bigint not null,
    row_number bigint not null,
    occurred_at timestamptz not null,
    known_at timestamptz not null check (known_at >= occurred_at),
    is_history boolean not null,
    merchant_id text not null,
    order_id text not null,
    line_no integer,
    customer_id text,                                -- of the shop; null: a guest
    product_id text not null,
    category text,                                   -- wins over that of the product
    channel text,
    quantity numeric(15, 6) not null check (quantity > 0),
    unit_price_minor bigint check (unit_price_minor >= 0),
    amount_minor bigint check (amount_minor >= 0),   -- of the line; null: quantity times price
    discount_minor bigint check (discount_minor >= 0),  -- of the line
    currency_code text not null,
    unit_price_base_minor bigint,                    -- null: no price, or no rate was known
    amount_base_minor bigint,
    discount_base_minor bigint,
    event text not null check (event in ('sale', 'return', 'cancellation')),
    is_merchandise boolean not null,                 -- false: postage, fees, adjustments
    -- revenue of the line: negative where goods come back; null: no rate was known by known_at
    net_base_minor bigint generated always as (
        case event when 'sale' then 1 else -1 end * (
            coalesce(
                amount_base_minor,
                case
                    when amount_minor is null and quantity * unit_price_base_minor <= 9e18
                        then round(quantity * unit_price_base_minor)::bigint
                end
            )
            - case when discount_minor is null then 0 else discount_base_minor end
        )
    ) stored,
    primary key (sale_line_id, version),
    check (unit_price_minor is not null or amount_minor is not null)
);
-- a block-range index would be smaller, and reads all blocks that no vacuum has summarised yet
create index sales_time on raw.sales (occurred_at);
create index sales_admission on raw.sales (delivery_seq);
create index sales_corrections on raw.sales (sale_line_id, version)
include (known_at, delivery_seq) where version > 1;

-- Facts: append-only, the newest version of a key holds.
create table raw.products (
    merchant_id text not null,
    product_id text not null,
    version integer not null check (version >= 1),
    name text,
    department text,                                 -- the tree: department, category, type
    category text,
    product_type text,
    unit_cost_minor bigint check (unit_cost_minor >= 0),
    list_price_minor bigint check (list_price_minor >= 0),
    currency_code text not null,
    unit_cost_base_minor bigint,                     -- null: no rate was known by known_at
    list_price_base_minor bigint,
    pack_size text,
    known_at timestamptz not null,
    declared_known_at timestamptz,                   -- as the source states it
    source text not null,
    delivery_id uuid not null,
    delivery_seq bigint not null,
    primary key (merchant_id, product_id, version)
);
create index products_delivery on raw.products (delivery_seq);

-- The nights of a feed: one per UTC day. A live day closes with the first delivery that is admitted
-- after its end and holds rows of that day or later. Its night is decided once, on what is known by
-- then; later deliveries count from the next night on. The past has a night at each end of a month,
-- from which models learn.
create view raw.nights as
with deliveries as (
    select
        deliveries.feed,
        deliveries.delivery_seq,
        deliveries.load_kind = 'live' as is_live,
        deliveries.known_at,
        -- rows of a history load state their own known_at, so its admission closes its days
        case deliveries.load_kind
            when 'live' then deliveries.known_at else deliveries.admitted_at
        end as closes_at,
        deliveries.first_occurred_at,
        deliveries.last_occurred_at,
        case
            when deliveries.decide_from is null
                then case deliveries.load_kind when 'live' then deliveries.first_occurred_at end
            when deliveries.last_occurred_at >= deliveries.decide_from
                then greatest(deliveries.first_occurred_at, deliveries.decide_from)
        end as live_from,
        -- until when a history load is whole; its last day may go on in a live delivery
        case
            when deliveries.load_kind <> 'history' then null
            when deliveries.decide_from is null
                then date_trunc('day', deliveries.last_occurred_at at time zone 'UTC')
            when deliveries.first_occurred_at < deliveries.decide_from then
                least(
                    deliveries.decide_from at time zone 'UTC',
                    date_trunc('day', deliveries.last_occurred_at at time zone 'UTC')
                    + interval '1 day'
                )
        end as whole_until
    from raw.deliveries
    where deliveries.state = 'admitted' and deliveries.last_occurred_at is not null
),

spans as (
    select
        deliveries.feed,
        -- of the first delivery: a late row of the past may not move the first night
        (
            (array_agg(deliveries.live_from order by deliveries.delivery_seq)
                filter (where deliveries.live_from is not null))[1]
            at time zone 'UTC'
        )::date as first_live_day,
        (
            max(deliveries.last_occurred_at) filter (where deliveries.live_from is not null)
            at time zone 'UTC'
        )::date as last_live_day,
        (
            min(deliveries.first_occurred_at) filter (where deliveries.whole_until is not null)
            at time zone 'UTC'
        )::date as first_history_day,
        max(deliveries.whole_until) as whole_until
    from deliveries
    group by deliveries.feed
)

select
    spans.feed,
    days.midnight at time zone 'UTC' as day_at,
    case
        when closing.is_live then closing.known_at
        else (days.midnight + interval '1 day') at time zone 'UTC'
    end as known_at,
    closing.delivery_seq,
    false as is_history
from spans
-- a day that the history covers has no live night
cross join lateral generate_series(
    greatest(spans.first_live_day, spans.whole_until::date)::timestamp,
    spans.last_live_day::timestamp,
    interval '1 day'
) as days (midnight)
cross join lateral (
    select
        deliveries.delivery_seq,
        deliveries.is_live,
        deliveries.known_at
    from deliveries
    where
        deliveries.feed = spans.feed
        and deliveries.live_from is not null
        and deliveries.last_occurred_at >= days.midnight at time zone 'UTC'
        and deliveries.closes_at >= (days.midnight + interval '1 day') at time zone 'UTC'
    order by deliveries.delivery_seq
    limit 1
) as closing

union all

select
    spans.feed,
    month_ends.midnight at time zone 'UTC' as day_at,
    (month_ends.midnight + interval '2 days') at time zone 'UTC' as known_at,
    (
        select max(deliveries.delivery_seq)
        from deliveries
        where
            deliveries.feed = spans.feed
            and deliveries.whole_until is not null
            and deliveries.first_occurred_at
            < (month_ends.midnight + interval '1 day') at time zone 'UTC'
    ) as delivery_seq,
    true as is_history
from spans
cross join lateral (
    select month_starts.midnight - interval '1 day' as midnight
    from generate_series(
        date_trunc('month', spans.first_history_day::timestamp),
        spans.whole_until,
        interval '1 month'
    ) as month_starts (midnight)
) as month_ends
where
    -- a customer needs a past before there is something to learn: a month of cards, a quarter of sales
    month_ends.midnight
    >= spans.first_history_day + case spans.feed when 'transactions' then 30 else 90 end;

create view raw.sales_nights as
select
    (nights.day_at at time zone 'UTC')::date as day,
    nights.day_at,
    nights.known_at,
    nights.delivery_seq,
    nights.is_history
from raw.nights
where nights.feed = 'sales';

create view raw.card_nights as
select
    (nights.day_at at time zone 'UTC')::date as day,
    nights.day_at,
    nights.known_at,
    nights.delivery_seq,
    nights.is_history
from raw.nights
where nights.feed = 'transactions';

-- A part of an id that is joined by slashes: no two lists of parts give one id.
create function raw.part_of_id(part text) returns text
language sql immutable strict parallel safe
return replace(replace(part, '%', '%25'), '/', '%2F');

-- One row per night, merchant and customer with a line in the 400 days that end with the night. The
-- end of the day is a difference: of two bounds the planner expects few rows, and it would sort them.
create view raw.customer_nights as
select
    raw.part_of_id(active.merchant_id) || '/' || raw.part_of_id(active.customer_id) || '/'
    || nights.day as customer_night_id,
    1 as version,
    active.merchant_id,
    active.customer_id,
    nights.day_at,
    nights.known_at,
    nights.delivery_seq,
    nights.is_history
from raw.sales_nights as nights
cross join lateral (
    select distinct
        sales.merchant_id,
        sales.customer_id
    from raw.sales
    where
        sales.occurred_at >= nights.day_at - make_interval(hours => 24 * 399)
        and sales.occurred_at - nights.day_at < interval '24 hours'
        and sales.known_at <= nights.known_at
        and sales.customer_id is not null
) as active;

-- One row per night and card customer with a payment in the 90 days that end with the night.
create view raw.card_customer_nights as
select
    raw.part_of_id(active.customer_id) || '/' || nights.day as card_customer_night_id,
    1 as version,
    active.customer_id,
    nights.day_at,
    nights.known_at,
    nights.delivery_seq,
    nights.is_history
from raw.card_nights as nights
cross join lateral (
    select distinct transactions.customer_id
    from raw.transactions
    where
        transactions.occurred_at >= nights.day_at - make_interval(hours => 24 * 89)
        and transactions.occurred_at - nights.day_at < interval '24 hours'
        and transactions.known_at <= nights.known_at
) as active;

grant select on raw.sales, raw.products, raw.nights, raw.sales_nights, raw.card_nights,
    raw.customer_nights, raw.card_customer_nights to ingest, transform, score;
grant insert on raw.sales, raw.products to ingest;

insert into audit.digested_tables (kind, scope, relation, key, is_counted)
values
('delivery', 'sales', 'raw.sales', 'delivery_seq', true),
('delivery', 'sales', 'raw.rejected_rows', 'delivery_id', false),
('delivery', 'products', 'raw.products', 'delivery_seq', true),
('delivery', 'products', 'raw.rejected_rows', 'delivery_id', false);
