-- depends_on: {{ ref('int_category_days_booked') }}
with

card_nights as (

    select * from {{ ref('stg_ledger__card_nights') }}

),

sales_nights as (

    select * from {{ ref('stg_ledger__sales_nights') }}

),

runs as (

    select * from {{ source('decisions', 'runs') }}

),

-- a month is closed by the night of its last day, and its cells are never computed again
months as (

    select
        date_trunc('month', card_nights.day_at at time zone 'UTC')::date as month_start,
        card_nights.day_at,
        card_nights.known_at,
        card_nights.is_history or sales_nights.is_history as is_history
    from card_nights
    inner join sales_nights on card_nights.day_at = sales_nights.day_at
    where extract(day from card_nights.day_at at time zone 'UTC' + interval '1 day') = 1

),

queued as (

    select months.*
    from months
    where
        -- the segments of the last night must be published, or there are none yet
        (
            months.is_history
            or exists (
                select 1
                from runs
                where
                    runs.job = 'segment_customers'
                    and runs.state = 'published'
                    and runs.window_start = months.day_at
            )
        )
        {%- if var('rebuild', false) %}
            and false
        {%- elif built_features('fct_market_cells') %}
            and not exists (
                select 1 from {{ built_features('fct_market_cells') }} as cells
                where cells.month_start = months.month_start
            )
        {%- endif %}

)

select
    month_start,
    day_at,
    known_at,
    is_history,
    {{ utc_day('day_at') }} as last_day,
    month_start - date '1970-01-01' as first_day,
    (month_start - interval '1 month')::date - date '1970-01-01' as earlier_day
from queued
