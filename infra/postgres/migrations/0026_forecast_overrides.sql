-- Overrides of forecasts: a person states other units for days of a product. The ledger of forecasts
-- stays as it is; plans and views apply the overrides of their own moment. Nobody may update or
-- delete a row. A later row withdraws an override.

create table decisions.forecast_overrides (
    override_id uuid primary key default gen_random_uuid(),
    merchant_id text not null check (merchant_id <> ''),
    product_id text not null check (product_id <> ''),
    channel text,                                    -- null: all channels; '': sales name none
    first_day date,
    last_day date,                                   -- the last day with the override
    factor double precision check (factor >= 0 and factor <= 1000),
    units_per_day double precision check (units_per_day >= 0 and units_per_day <= 1e9),
    person text not null check (audit.person(person) <> ''),
    reason text not null check (audit.person(reason) <> ''),
    withdraws uuid,                                  -- the override that this row ends
    created_at timestamptz not null default clock_timestamp(),
    unique (override_id, merchant_id, product_id),
    foreign key (withdraws, merchant_id, product_id)
    references decisions.forecast_overrides (override_id, merchant_id, product_id),
    check (isfinite(first_day) and isfinite(last_day) and first_day <= last_day),
    -- units of all channels would say nothing about one of them
    check (units_per_day is null or channel is not null),
    check (
        case
            when withdraws is null
                then num_nonnulls(factor, units_per_day) = 1
                    and num_nonnulls(first_day, last_day) = 2
            else num_nonnulls(factor, units_per_day, channel, first_day, last_day) = 0
        end
    )
);

create index forecast_overrides_product on decisions.forecast_overrides (merchant_id, product_id);
create unique index forecast_overrides_withdrawn on decisions.forecast_overrides (withdraws)
where withdraws is not null;

grant select on decisions.forecast_overrides to score, transform, ingest;
-- the clock of the warehouse dates an override, so none is older than a claim that it came after
grant insert (
    override_id, merchant_id, product_id, channel, first_day, last_day, factor, units_per_day,
    person, reason, withdraws
) on decisions.forecast_overrides to score;

alter table decisions.forecast_overrides enable row level security;
create policy jobs on decisions.forecast_overrides
to ingest, score using (true) with check (true);
create policy rows_of_a_merchant on decisions.forecast_overrides using (
    (select audit.sees_all_merchants()) or merchant_id = (select audit.merchant_of_session())
);

-- The overrides of a series at a moment, one row per day that has one: the newest override wins.
-- A view runs its functions as its reader, who may not read the table: so this one runs as `owner`,
-- and keeps a merchant to its own rows itself.
create function decisions.overrides_in_force(
    merchant_id text,
    product_id text,
    channel text,
    first_day date,
    last_day date,
    known_at timestamptz
) returns table (day date, override_id uuid, factor double precision, units_per_day double precision)
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
begin atomic
    select distinct on (days.day)
        days.day,
        overrides.override_id,
        overrides.factor,
        overrides.units_per_day
    from decisions.forecast_overrides as overrides
    cross join lateral (
        select overrides_in_force.first_day + place.number as day
        from generate_series(
            greatest(overrides.first_day - overrides_in_force.first_day, 0),
            least(overrides.last_day, overrides_in_force.last_day) - overrides_in_force.first_day
        ) as place (number)
    ) as days
    where
        overrides.merchant_id = overrides_in_force.merchant_id
        and overrides.product_id = overrides_in_force.product_id
        and (overrides.channel is null or overrides.channel = overrides_in_force.channel)
        and overrides.withdraws is null
        and overrides.created_at <= overrides_in_force.known_at
        and not exists (
            select
            from decisions.forecast_overrides as withdrawals
            where
                withdrawals.withdraws = overrides.override_id
                and withdrawals.created_at <= overrides_in_force.known_at
        )
        and (
            (select audit.sees_all_merchants())
            or overrides.merchant_id = (select audit.merchant_of_session())
        )
    order by days.day, overrides.created_at desc, overrides.override_id desc;
end;

-- The units of the days after a night, with the overrides that were made by a moment; element n is
-- the n-th day after the night. Null without a forecast: an override needs one.
create function decisions.overridden_units(
    merchant_id text,
    product_id text,
    channel text,
    day_at timestamptz,
    mean_units double precision [],
    claimed_at timestamptz
) returns double precision []
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
return case
    when not exists (
        select
        from decisions.forecast_overrides as overrides
        where
            overrides.merchant_id = overridden_units.merchant_id
            and overrides.product_id = overridden_units.product_id
    )
        then overridden_units.mean_units
    else (
        select
            array_agg(
                coalesce(in_force.units_per_day, in_force.factor * days.units, days.units)
                order by days.ahead
            )
        from unnest(overridden_units.mean_units) with ordinality as days (units, ahead)
        left join decisions.overrides_in_force(
            overridden_units.merchant_id,
            overridden_units.product_id,
            overridden_units.channel,
            (overridden_units.day_at at time zone 'UTC')::date + 1,
            (overridden_units.day_at at time zone 'UTC')::date
            + cardinality(overridden_units.mean_units),
            overridden_units.claimed_at
        ) as in_force
            on (overridden_units.day_at at time zone 'UTC')::date + days.ahead::integer = in_force.day
    )
end;

-- Whether the forecast of the same days has moved much from one night to the next: the gate of a run
-- and the view of changes ask this.
create function decisions.has_moved(units_before double precision, units_now double precision)
returns boolean
language sql immutable parallel safe
return abs(units_now - units_before) > greatest(0.2 * units_before, 1);
