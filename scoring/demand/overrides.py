"""Records what a person knows better than the forecast: overrides of the units of days.

The table `decisions.forecast_overrides` is append-only, and so is the ledger of forecasts. An
override therefore changes no forecast: plans and views apply it. The newest override of a day wins,
and a withdrawn override counts no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from features.platform import database
from features.platform.errors import ConfigurationError
from scoring.demand import override_rules
from scoring.demand.job import JOB
from scoring.demand.override_rules import Known, Override

Row = Mapping[str, Any]


_KNOWN = """
    select
        exists (
            select
            from raw.products
            where merchant_id = %(merchant_id)s and product_id = %(product_id)s
        ),
        (newest.day_at at time zone 'UTC')::date,
        array(
            select distinct forecasts.channel
            from decisions.demand_forecasts as forecasts
            where
                forecasts.merchant_id = %(merchant_id)s
                and forecasts.day_at = newest.day_at
                and forecasts.product_id = %(product_id)s
            order by forecasts.channel
        )
    from (
        select max(runs.window_start) as day_at
        from decisions.runs as runs
        where runs.job = %(job)s and runs.state = 'published' and runs.rows_published > 0
    ) as newest
"""
_ADD = """
    insert into decisions.forecast_overrides (
        merchant_id, product_id, channel, first_day, last_day, factor, units_per_day, person, reason
    )
    values (
        %(merchant_id)s, %(product_id)s, %(channel)s, %(first_day)s, %(last_day)s, %(factor)s,
        %(units_per_day)s, %(person)s, %(reason)s
    )
    returning override_id
"""
_WITHDRAW = """
    insert into decisions.forecast_overrides (merchant_id, product_id, person, reason, withdraws)
    select merchant_id, product_id, %(person)s, %(reason)s, override_id
    from decisions.forecast_overrides
    where override_id = %(override_id)s and withdraws is null
    on conflict (withdraws) where withdraws is not null do nothing
    returning override_id
"""
_LISTED = """
    select listed.*
    from (
        select
            overrides.override_id, overrides.merchant_id, overrides.product_id, overrides.channel,
            overrides.first_day, overrides.last_day, overrides.factor, overrides.units_per_day,
            overrides.person, overrides.reason, overrides.created_at,
            withdrawals.created_at as withdrawn_at,
            withdrawals.person as withdrawn_by,
            withdrawals.reason as withdrawn_because,
            case
                when withdrawals.withdraws is not null then 'withdrawn'
                when overrides.last_day <= (newest.day_at at time zone 'UTC')::date then 'over'
                else 'in force'
            end as state
        from decisions.forecast_overrides as overrides
        cross join (
            select max(runs.window_start) as day_at
            from decisions.runs as runs
            where runs.job = %(job)s and runs.state = 'published' and runs.rows_published > 0
        ) as newest
        left join decisions.forecast_overrides as withdrawals
            on overrides.override_id = withdrawals.withdraws
        where
            overrides.withdraws is null
            and (%(merchant_id)s::text is null or overrides.merchant_id = %(merchant_id)s)
            and (%(product_id)s::text is null or overrides.product_id = %(product_id)s)
    ) as listed
    where %(is_history)s or listed.state = 'in force'
    order by listed.created_at desc, listed.override_id desc
    limit %(limit)s
"""


def add(connection: psycopg.Connection[Any], override: Override) -> tuple[UUID, Override]:
    """Record an override; plans and forecasts of later claims apply it.

    Units per day without a channel hold for the only channel of the product.

    Args:
        connection: of role `score`.
        override: the override.

    Returns:
        Its id, and the override as recorded.

    Raises:
        ConfigurationError: the product or the channel is unknown, the days are over, a number or a
            text is unfit, or the units name no channel where the product has several.
    """
    override_rules.require_sound(override)
    recorded = override_rules.fitted(override, _known(connection, override))
    row = database.fetch_one(connection, "record an override", _ADD, asdict(recorded))
    return row[0], recorded


def withdraw(
    connection: psycopg.Connection[Any], override_id: UUID, *, person: str, reason: str
) -> None:
    """Withdraw an override; an older override of the same days counts again.

    Args:
        connection: of role `score`.
        override_id: the override.
        person: the person who answers for it.
        reason: in words.

    Raises:
        ConfigurationError: there is no such override, it is withdrawn already, or a text is unfit.
    """
    override_rules.require_words("person", person)
    override_rules.require_words("reason", reason)
    values = {"override_id": override_id, "person": person, "reason": reason}
    if database.fetch_optional(connection, "withdraw an override", _WITHDRAW, values) is not None:
        return
    withdrawn = database.fetch_optional(
        connection,
        "look for a withdrawal",
        "select from decisions.forecast_overrides where withdraws = %s",
        (override_id,),
    )
    if withdrawn is not None:
        raise ConfigurationError(f"override {override_id} is withdrawn already")
    raise ConfigurationError(
        f"there is no override {override_id}: look its id up with `vesper overrides list --all`"
    )


def listing(
    connection: psycopg.Connection[Any],
    *,
    merchant_id: str | None = None,
    product_id: str | None = None,
    is_history: bool = False,
    limit: int = 50,
) -> Sequence[Row]:
    """Return overrides with their state, newest first.

    Args:
        connection: of role `score`.
        merchant_id: only of this merchant; None = all.
        product_id: only of this product; None = all.
        is_history: also those that are withdrawn, or whose days are over.
        limit: how many at most.
    """
    values = {
        "merchant_id": merchant_id,
        "product_id": product_id,
        "is_history": is_history,
        "limit": limit,
        "job": JOB.name,
    }
    rows = connection.cursor(row_factory=dict_row)
    return database.fetch_all(rows, "list the overrides", _LISTED, values)


def _known(connection: psycopg.Connection[Any], override: Override) -> Known:
    values = {
        "merchant_id": override.merchant_id,
        "product_id": override.product_id,
        "job": JOB.name,
    }
    exists, night, channels = database.fetch_one(
        connection, "look for the product of an override", _KNOWN, values
    )
    return Known(exists or bool(channels), night, tuple(channels))
