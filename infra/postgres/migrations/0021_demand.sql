-- One row per night and series: a product of a merchant in a channel, with units in the 420 days
-- that end with the night. They hold the same four weeks a year ago, and the four before these.
-- The units of a day are the pieces sold less those cancelled, of the newest versions known to the
-- night. No channel is the channel ''.
create view raw.demand_nights as
select
    raw.part_of_id(active.merchant_id) || '/' || raw.part_of_id(active.product_id) || '/'
    || raw.part_of_id(active.channel) || '/' || nights.day as demand_night_id,
    1 as version,
    active.merchant_id,
    active.product_id,
    active.channel,
    nights.day_at,
    nights.known_at,
    nights.delivery_seq,
    nights.is_history
from raw.sales_nights as nights
cross join lateral (
    select distinct
        days.merchant_id,
        days.product_id,
        days.channel
    from (
        select
            sales.merchant_id,
            sales.product_id,
            coalesce(sales.channel, '') as channel
        from raw.sales
        where
            -- one bound is a difference, as in raw.customer_nights
            sales.occurred_at >= nights.day_at - make_interval(hours => 24 * 419)
            and sales.occurred_at - nights.day_at < interval '24 hours'
            and sales.known_at <= nights.known_at
            and sales.is_merchandise
            and sales.event <> 'return'
            -- offset keeps this a look-up per line: a join would compare all lines with all
            -- corrections where these are newer than the statistics
            and not exists (
                select 1
                from raw.sales as newer
                where
                    newer.sale_line_id = sales.sale_line_id
                    and newer.version > sales.version
                    and newer.version > 1
                    and newer.known_at <= nights.known_at
                offset 0
            )
        group by
            sales.merchant_id, sales.product_id, coalesce(sales.channel, ''),
            (sales.occurred_at at time zone 'UTC')::date
        having sum(case sales.event when 'sale' then sales.quantity else -sales.quantity end) > 0
    ) as days
) as active;

grant select on raw.demand_nights to ingest, transform, score;
