-- The kind of a transaction. Rows of before stay purchases: a constant default rewrites no row, and
-- a constraint that is not validated reads none.
alter table raw.transactions
add column kind text not null default 'purchase';
alter table raw.transactions
add constraint transactions_kind_check
check (kind in ('purchase', 'refund', 'reversal', 'check')) not valid;
