"""Read the proposed orders of the newest night, and choose those that a budget pays.

Costs are whole minor units here, so orders that cost the budget exactly fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import psycopg
from psycopg.rows import dict_row

from features.platform.errors import ConfigurationError
from scoring.decision.policy import policy
from scoring.stock.budget import Verdict, verdicts

_NIGHTS = """
    select
        merchant_id, (max(day_at) at time zone 'UTC')::date,
        (array_agg(policy_version order by decided_at desc))[1]
    from serving.stock_outlook
    where merchant_id = coalesce(%(merchant)s, merchant_id)
    group by merchant_id
    order by merchant_id
"""
_ORDERS = """
    select product_id, stock_class, order_day, order_units, order_cost, saved_margin
    from serving.order_proposals
    where merchant_id = %(merchant)s
    order by priority_rank nulls last, product_id
"""


@dataclass(frozen=True, slots=True)
class OrderList:
    """The proposed orders of one merchant, the most saved margin per money first.

    Attributes:
        merchant: the merchant.
        night: the UTC day of the plan.
        budget: the money for them, in major units of the base currency; None = no limit.
        orders: the columns of each order that a person needs, with its verdict.
    """

    merchant: str
    night: date
    budget: Decimal | None
    orders: Sequence[Mapping[str, Any]]

    @property
    def proposed(self) -> list[Mapping[str, Any]]:
        """Return the orders that the budget pays."""
        return [order for order in self.orders if order["verdict"] == Verdict.PROPOSED]

    @property
    def is_whole(self) -> bool:
        """Return whether no order is left out."""
        return len(self.proposed) == len(self.orders)

    def sum(self, column: str) -> Decimal:
        """Return the sum of an amount over the orders that the budget pays; unknown counts as 0."""
        return sum((order[column] or Decimal(0) for order in self.proposed), Decimal(0))


def read(
    connection: psycopg.Connection[Any],
    merchant: str | None,
    budget: Decimal | None,
    exponent: int,
) -> list[OrderList]:
    """Return the orders of each merchant, or of one.

    Args:
        connection: of a role that reads `serving`, without a transaction.
        merchant: only this merchant; all merchants if None.
        budget: money of each merchant, in major units of the base currency; that of the plan's
            policy if None.
        exponent: the digits of the minor unit of the base currency.

    Raises:
        ConfigurationError: the newest night has no plan of the merchant, or of any merchant; or
            the policy of the plan is missing.
    """
    # one snapshot: a night that is published meanwhile does not mix with the one before it
    connection.execute("set transaction isolation level repeatable read")
    nights = connection.execute(_NIGHTS, {"merchant": merchant}).fetchall()
    if not nights:
        whose = "any merchant" if merchant is None else f"merchant {merchant!r}"
        raise ConfigurationError(
            f"the newest night of plan_stock has no product of {whose}: see the merchants of "
            "serving.stock_outlook, or decide a night by `vesper run plan_stock`"
        )
    minor = Decimal(10) ** exponent
    lists = []
    for name, night, version in nights:
        limit = _of_policy(version, minor) if budget is None else budget
        lists.append(OrderList(name, night, limit, _chosen(connection, name, limit, minor)))
    return lists


def _of_policy(version: str, minor: Decimal) -> Decimal | None:
    budget = policy.load(version).require_stock().budget_minor
    return None if budget is None else budget / minor


def _chosen(
    connection: psycopg.Connection[Any], merchant: str, budget: Decimal | None, minor: Decimal
) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        orders = cursor.execute(_ORDERS, {"merchant": merchant}).fetchall()
    cost = np.array([order["order_cost"] for order in orders], dtype=np.float64)
    verdict = verdicts(
        np.array([order["order_units"] for order in orders], dtype=np.int64),
        np.array([order["saved_margin"] for order in orders], dtype=np.float64),
        np.rint(cost * float(minor)),
        None if budget is None else float(budget * minor),
    )
    return [order | {"verdict": str(each)} for order, each in zip(orders, verdict, strict=True)]
