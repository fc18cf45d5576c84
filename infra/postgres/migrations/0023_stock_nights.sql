-- One row per live night and product of a merchant with a count, a movement or a sold line in the 420
-- days that end with the night, as far as the night knows them. A merchant without any count in these
-- days has no rows. The past has none either, because no model learns from it.
--
-- A version that a correction replaced counts too: its product has a row, and the features of that row
-- read the newest versions.
create view raw.stock_nights as
select
    raw.part_of_id(active.merchant_id) || '/' || raw.part_of_id(active.product_id) || '/'
    || nights.day as stock_night_id,
    1 as version,
    active.merchant_id,
    active.product_id,
    nights.day_at,
    nights.known_at,
    nights.delivery_seq,
    nights.is_history
from raw.sales_nights as nights
cross join lateral (
    select
        facts.merchant_id,
        facts.product_id,
        bool_or(bool_or(facts.is_count)) over (partition by facts.merchant_id) as is_counted
    from (
        (
            select distinct
                stock_levels.merchant_id,
                stock_levels.product_id,
                true as is_count
            from raw.stock_levels
            where
                -- one bound is a difference, as in raw.customer_nights
                stock_levels.counted_at >= nights.day_at - make_interval(hours => 24 * 419)
                and stock_levels.counted_at - nights.day_at < interval '24 hours'
                and stock_levels.known_at <= nights.known_at
        )
        union all
        (
            select distinct
                moves.merchant_id,
                moves.product_id,
                false as is_count
            from raw.stock_movements as moves
            where
                moves.occurred_at >= nights.day_at - make_interval(hours => 24 * 419)
                and moves.occurred_at - nights.day_at < interval '24 hours'
                and moves.known_at <= nights.known_at
        )
        union all
        (
            select distinct
                sales.merchant_id,
                sales.product_id,
                false as is_count
            from raw.sales
            where
                sales.occurred_at >= nights.day_at - make_interval(hours => 24 * 419)
                and sales.occurred_at - nights.day_at < interval '24 hours'
                and sales.known_at <= nights.known_at
                and sales.is_merchandise
                and sales.event = 'sale'
        )
    ) as facts
    group by facts.merchant_id, facts.product_id
) as active
where
    not nights.is_history
    -- false for a warehouse without counts, which then reads no sales
    and nights.day_at + interval '24 hours' > (
        select min(first_levels.counted_at) from raw.stock_levels as first_levels
    )
    and active.is_counted;

grant select on raw.stock_nights to ingest, transform, score;
