"""Two feeds that the product does not have: tickets, and the statements that some came back.

Their columns `amount`, `quantity`, `price`, `currency`, `type` and `known_at` share names with
columns of other feeds, and most of them are of another kind. `MIGRATION` stands for the migration
that would come with the feeds.
"""

from __future__ import annotations

from features.feeds import ColumnKind, Feed
from features.feeds.admissions import Labels, Versions
from features.feeds.columns import column

TICKETS = Feed(
    name="tickets",
    table="raw.tickets",
    columns=(
        column("ticket_id", ColumnKind.ID, required=True, key=True),
        column("shop_id", ColumnKind.ID, required=True),
        column("sold_at", ColumnKind.INSTANT, required=True),
        column("amount", ColumnKind.COUNT, "units_sold", required=True),
        column("quantity", ColumnKind.PERCENT, "stock_percent"),
        column("price", ColumnKind.BALANCE, "price_minor", required=True),
        column("currency", ColumnKind.CURRENCY, "currency_code", required=True),
        column("known_at", ColumnKind.DATE, "stated_date"),
        column("type", ColumnKind.LIST, "tags"),
    ),
    admission=Versions(event="sold_at", table="raw.tickets"),
    takes_history=False,
)

TICKET_RETURNS = Feed(
    name="ticket_returns",
    table="raw.ticket_returns",
    columns=(
        column("ticket_id", ColumnKind.ID, required=True, key=True),
        column("quantity", ColumnKind.COUNT, "units_returned", required=True),
        column("known_at", ColumnKind.INSTANT, "declared_known_at"),
        column("provenance", ColumnKind.PROVENANCE, filled=True, key=True),
    ),
    admission=Labels(stated=("quantity",), first_known_at="landed.declared_known_at"),
)

TICKET = {
    "ticket_id": "s1",
    "shop_id": "b1",
    "sold_at": "2026-03-01T10:00:00Z",
    "amount": "3",
    "quantity": "62.5%",
    "price": "2.50",
    "currency": "EUR",
    "known_at": "2026-03-02",
    "type": "food|fresh",
}
RETURN = {"ticket_id": "s1", "quantity": "1", "known_at": "", "provenance": "chargeback"}

MIGRATION = """
create table raw.tickets (
    ticket_id text not null,
    version integer not null,
    content_digest bytea not null,
    delivery_id uuid not null,
    delivery_seq bigint not null,
    row_number bigint not null,
    sold_at timestamptz not null,
    known_at timestamptz not null,
    is_history boolean not null,
    shop_id text not null,
    units_sold integer not null,
    stock_percent double precision,
    price_minor bigint not null,
    price_base_minor bigint,
    currency_code text not null,
    stated_date date,
    tags text[],
    primary key (ticket_id, version)
);
create table raw.ticket_returns (
    ticket_id text not null,
    version integer not null,
    units_returned integer not null,
    known_at timestamptz not null,
    declared_known_at timestamptz,
    provenance text not null,
    source text not null,
    delivery_id uuid not null,
    delivery_seq bigint not null,
    primary key (ticket_id, version)
);
grant select, insert on raw.tickets, raw.ticket_returns to ingest;
alter table raw.deliveries drop constraint deliveries_feed_check;
do $$
begin
    execute 'create or replace view audit.digested as '
        || rtrim(pg_get_viewdef('audit.digested'), ';')
        || $view$
        union all values
        ('delivery', 'tickets', 'raw.tickets', 'delivery_seq', true),
        ('delivery', 'ticket_returns', 'raw.ticket_returns', 'delivery_seq', true)
        $view$;
end
$$;
"""
