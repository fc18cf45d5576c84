"""Explain the plan of a product: stock, demand, outlook, order, transfers and idle stock. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scoring.decision.policy.stock import StockPolicy

Row = Mapping[str, Any]


def lines(features: Row, plan: Row, policy: StockPolicy) -> list[str]:
    """Return lines for a person about one plan.

    Args:
        features: the columns that the plan read.
        plan: the columns of the ledger.
        policy: of the run.
    """
    return [
        *_stock(features, plan, policy),
        *_demand(plan),
        *_outlook(plan),
        *_order(features, plan),
        *_transfers(plan),
        *_idle(plan),
    ]


def _stock(features: Row, plan: Row, policy: StockPolicy) -> list[str]:
    kept = ""
    if policy.channel_buffers and plan["buffered"]:
        kept = f", {plan['buffered']:,.0f} kept back by the policy"
    overdue = features["overdue_units"] or 0
    late = f", {overdue:,.0f} of them overdue" if overdue else ""
    return [
        f"stock: {plan['on_hand']:,.0f} pieces at {features['counted_places']:.0f} places, "
        f"{plan['reserved']:,.0f} promised{kept}; the oldest count is "
        f"{features['counted_age_days']:.0f} days old",
        f"under way: {plan['inbound']:,.0f} pieces{late}",
    ]


def _demand(plan: Row) -> list[str]:
    by_day = plan["expected_units"]
    shown = ", ".join(plan["forecast_ids"]) or "no channel has sold within the look-back"
    return [
        f"demand: {sum(by_day):.1f} pieces expected in {len(by_day)} days, {sum(by_day[:7]):.1f} "
        f"in the first 7; {shown}",
        f"class {plan['stock_class']}: the policy wants {100 * plan['service_level']:.0f} % of the "
        "demanded pieces sold",
    ]


def _outlook(plan: Row) -> list[str]:
    cover = plan["days_of_cover"]
    lasts = "no demand is expected" if cover is None else f"lasts {cover:.1f} days"
    return [
        f"outlook: {lasts}; without the next order it runs out with "
        f"{100 * plan['run_out_probability']:.0f} % and loses {plan['expected_lost']:.1f} pieces; "
        f"no order prevents {100 * plan['unpreventable_probability']:.0f} %"
    ]


def _order(features: Row, plan: Row) -> list[str]:
    day = plan["order_in_days"] + 1
    if not plan["order_units"]:
        return [f"order: none on day {day}, the next order day"]
    lot = "".join(
        f", {text} {features[name]:,.0f}"
        for name, text in (("pack_units", "packs of"), ("minimum_order", "at least"))
        if features[name]
    )
    return [
        f"order: {plan['order_units']:,.0f} pieces on day {day}{lot}; {plan['order_need']:,.0f} "
        f"are needed beyond stock and deliveries, {plan['order_overshoot']:,.0f} are of the lot; "
        f"the order sells {plan['saved_units']:.1f} pieces that are lost without it"
    ]


def _transfers(plan: Row) -> list[str]:
    moves = zip(plan["transfer_from"], plan["transfer_to"], plan["transfer_units"], strict=True)
    return [
        f"transfer: {units:,.0f} pieces from {giver} to {taker}" for giver, taker, units in moves
    ]


def _idle(plan: Row) -> list[str]:
    found = []
    if plan["is_dead"]:
        found.append(f"dead: {plan['on_hand']:,.0f} pieces, and no sale within 91 days")
    elif plan["excess_units"]:
        found.append(f"excess: {plan['excess_units']:,.0f} pieces beyond a year of demand")
    if plan["expiring_units"] >= 0.05:
        found.append(f"expiry: {plan['expiring_units']:.1f} pieces expire unsold within 91 days")
    return found
