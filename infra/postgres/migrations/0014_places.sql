-- Coordinates on the row of a transaction, and reference rows of customers, merchants and places.

alter table raw.transactions
add column customer_latitude double precision,
add column customer_longitude double precision,
add column merchant_latitude double precision,
add column merchant_longitude double precision;
