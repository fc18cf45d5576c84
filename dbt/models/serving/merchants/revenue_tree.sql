with

night as (

    select * from {{ ref('fct_newest_night') }}

),

entries as not materialized (

    select * from {{ ref('int_category_days_booked') }}

),

segments as not materialized (

    select * from {{ source('decisions', 'customer_segments') }}

),

members as not materialized (

    select
        segments.merchant_id,
        segments.customer_id,
        segments.segment
    from segments
    inner join night on segments.day_at = night.day_at
    where segments.segment is not null and {{ is_latest('segments', 'customer_night_id') }}

),

category_days as not materialized (

    select
        entries.merchant_id,
        entries.customer_id,
        coalesce(entries.category, 'unknown') as category,
        entries.day_number,
        entries.day_number > nights.day_number - {{ period_days() }} as is_now,
        sum(entries.net_minor) as net_minor,
        sum(entries.quantity) as quantity
    from entries
    inner join night as nights on {{ is_in_night(2 * (period_days() | int)) }}
    group by 1, 2, 3, 4, 5

),

-- a visit is a day with a positive net: of the category, or of the customer as a whole
days as not materialized (

    select * from category_days

    union all

    select
        merchant_id,
        customer_id,
        'all' as category,
        day_number,
        is_now,
        sum(net_minor) as net_minor,
        sum(quantity) as quantity
    from category_days
    group by 1, 2, 3, 4, 5

),

lines as not materialized (

    select
        days.merchant_id,
        days.category,
        cohorts.segment,
        coalesce(days.customer_id, '') as customer_id,
        days.is_now,
        days.net_minor > 0 as is_visit,
        days.net_minor,
        days.quantity
    from days
    left join members
        on days.merchant_id = members.merchant_id and days.customer_id = members.customer_id
    cross join lateral (
        values
        ('all'),
        (
            case
                when days.customer_id is null then 'guests'
                else coalesce(members.segment, 'unsegmented')
            end
        )
    ) as cohorts (segment)

),

sums as not materialized (

    select
        merchant_id,
        segment,
        category,
        {% for last, period in [('', 'is_now'), ('last_', 'not is_now')] -%}
            count(distinct customer_id) filter (where {{ period }} and is_visit)::numeric
                as {{ last }}customers,
            count(*) filter (where {{ period }} and is_visit)::numeric as {{ last }}visit_days,
            coalesce(sum(quantity) filter (where {{ period }} and is_visit), 0) as {{ last }}units,
            coalesce(sum(net_minor) filter (where {{ period }} and is_visit), 0)
                as {{ last }}sold_minor,
            coalesce(sum(net_minor) filter (where {{ period }}), 0) as {{ last }}revenue_minor,
        {% endfor -%}
        count(*) as line_count
    from lines
    group by 1, 2, 3

),

-- a group without purchases in a period has the averages of the other: its customers came or went
factors as not materialized (

    select
        *,
        {% for last, other in [('', 'last_'), ('last_', '')] -%}
            coalesce(
                {{ last }}visit_days / nullif({{ last }}customers, 0),
                {{ other }}visit_days / nullif({{ other }}customers, 0), 0
            ) as {{ last }}visits,
            coalesce(
                {{ last }}units / nullif({{ last }}visit_days, 0),
                {{ other }}units / nullif({{ other }}visit_days, 0), 0
            ) as {{ last }}basket,
            coalesce(
                {{ last }}sold_minor / nullif({{ last }}units, 0),
                {{ other }}sold_minor / nullif({{ other }}units, 0), 0
            ) as {{ last }}price,
        {% endfor -%}
        (revenue_minor - sold_minor) - (last_revenue_minor - last_sold_minor) as from_returns
    from sums

),

contributions as not materialized (

    select
        *,
        round({{ shapley_value('customers', ['visits', 'basket', 'price']) }}) as from_customers,
        round({{ shapley_value('visits', ['customers', 'basket', 'price']) }}) as from_visits,
        round({{ shapley_value('basket', ['customers', 'visits', 'price']) }}) as from_basket
    from factors

)

select
    contributions.merchant_id,
    night.day_at,
    contributions.segment,
    contributions.category,
    contributions.revenue_minor::bigint as revenue_minor,
    contributions.last_revenue_minor::bigint as last_revenue_minor,
    (contributions.revenue_minor - contributions.last_revenue_minor)::bigint as change_minor,
    {% for last in ['', 'last_'] -%}
        contributions.{{ last }}customers::bigint as {{ last }}customers,
        contributions.{{ last }}visits::double precision as {{ last }}visits_per_customer,
        contributions.{{ last }}basket::double precision as {{ last }}units_per_visit,
        {{ major_units('contributions.' ~ last ~ 'price') }} as {{ last }}price_per_unit,
    {% endfor -%}
    contributions.from_customers::bigint as from_customers_minor,
    contributions.from_visits::bigint as from_visits_minor,
    contributions.from_basket::bigint as from_basket_minor,
    -- the last factor takes the roundings, so the parts add up
    (
        contributions.sold_minor - contributions.last_sold_minor
        - contributions.from_customers - contributions.from_visits - contributions.from_basket
    )::bigint as from_price_minor,
    contributions.from_returns::bigint as from_returns_minor
from contributions
cross join night
