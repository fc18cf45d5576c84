with

cells as (

    select * from {{ ref('int_market_cells_weighed') }}

),

-- the spending at competitors, of a cell alone
described as (

    select
        cells.*,
        {{ is_publishable(
            'cells.customers', 'spending.competitors', 'spending.largest', 'spending.total'
        ) }} as is_safe
    from cells
    cross join lateral (
        select
            count(*) as competitors,
            coalesce(max(amounts.spent::numeric), 0) as largest,
            coalesce(sum(amounts.spent::numeric), 0) as total
        from jsonb_each_text(cells.competitor_spending) as amounts (competitor, spent)
    ) as spending

),

-- unsafe cells first, then the smallest
placed as (

    select
        *,
        row_number() over (
            partition by month_start, merchant_id, category order by is_safe, customers, segment
        ) as place,
        count(*) filter (where not is_safe) over (partition by month_start, merchant_id, category)
            as unsafe_cells
    from described

),

-- the first cells of a group together, up to each place
spending as (

    select
        bounds.month_start,
        bounds.merchant_id,
        bounds.category,
        bounds.place,
        amounts.competitor,
        sum(amounts.spent::numeric) as spent
    from placed as bounds
    inner join placed as parts
        on
            bounds.month_start = parts.month_start
            and bounds.merchant_id = parts.merchant_id
            and bounds.category = parts.category
            and bounds.place >= parts.place
    cross join lateral jsonb_each_text(parts.competitor_spending) as amounts (competitor, spent)
    group by 1, 2, 3, 4, 5

),

unions as (

    select
        month_start,
        merchant_id,
        category,
        place,
        count(*) as competitors,
        max(spent) as largest,
        sum(spent) as total
    from spending
    group by 1, 2, 3, 4

),

sums as (

    select
        placed.*,
        coalesce(
            {{ is_publishable(
                'sum(placed.customers) over firsts', 'unions.competitors', 'unions.largest',
                'unions.total'
            ) }}, false
        ) as is_union_safe
    from placed
    left join unions
        on
            placed.month_start = unions.month_start
            and placed.merchant_id = unions.merchant_id
            and placed.category = unions.category
            and placed.place = unions.place
    window firsts as (
        partition by placed.month_start, placed.merchant_id, placed.category order by placed.place
    )

),

cuts as (

    select
        *,
        -- the sum of the suppressed cells follows from the total, so it must be safe itself
        case
            when not bool_or(is_union_safe and place = cells) over cell_group then cells
            when unsafe_cells = 0 then 0
            else coalesce(
                min(place) filter (where is_union_safe and place >= greatest(unsafe_cells, 2))
                    over cell_group,
                cells
            )
        end as suppressed_cells,
        bool_or(is_union_safe and place = cells) over cell_group as is_total_safe
    from (
        select
            *,
            count(*) over (partition by month_start, merchant_id, category) as cells
        from sums
    ) as counted
    window cell_group as (partition by month_start, merchant_id, category)

)

select
    month_start,
    merchant_id,
    category,
    segment,
    customers,
    own_minor,
    elsewhere_minor,
    gained_customers,
    lost_customers,
    place > suppressed_cells as is_published,
    is_total_safe
from cuts
