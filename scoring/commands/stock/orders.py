"""List the orders that the newest stock plan proposes, within a budget."""

from __future__ import annotations

import sys
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from features.platform import currencies
from features.platform.errors import ConfigurationError
from features.platform.settings import get_settings
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson

if TYPE_CHECKING:
    from scoring.commands.stock.order_lists import OrderList

COLUMNS = ("product", "class", "order day", "pieces", "cost", "saved margin", "verdict")
FILE_WIDTH = 160  # a file has no width of its own, and a table would fold at 80


def money(text: str) -> Decimal:
    """Return an amount of money.

    Raises:
        ConfigurationError: the text is no finite number from 0 on.
    """
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("nan")
    if not amount.is_finite() or amount < 0:
        raise ConfigurationError(f"{text!r} is no amount of money: write a number such as 1500.00")
    return amount


def orders(
    merchant: Annotated[
        str | None,
        typer.Option("--merchant", help="Only this merchant; all merchants if left out."),
    ] = None,
    budget: Annotated[
        Decimal | None,
        typer.Option(
            "--budget",
            parser=money,
            metavar="AMOUNT",
            help="Money of a merchant, in major units of the base currency; default: the policy's.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """List the orders that the newest stock plan proposes, and choose those that a budget pays.

    The budget pays the orders that save the most margin per money. An order that does not fit is
    left out, and later orders that fit are taken. An order of unknown cost fits no budget.

    Status 1: the budget leaves an order out.
    """
    from scoring.commands.stock import order_lists

    currency = get_settings().warehouse.base_currency
    with sessions.connect("analyst", autocommit=False) as connection:
        lists = order_lists.read(connection, merchant, budget, currencies.exponent(currency))
    if as_json:
        show("", [_document(each, currency) for each in lists], as_json=True)
    else:
        _print(lists, currency)
    return Status.of(all(each.is_whole for each in lists))


def _document(listed: OrderList, currency: str) -> dict[str, object]:
    amounts = ("order_cost", "saved_margin")
    return {
        "merchant_id": listed.merchant,
        "night": listed.night,
        "currency_code": currency,
        "budget": None if listed.budget is None else float(listed.budget),
        **{name: float(listed.sum(name)) for name in amounts},
        "orders": [
            dict(order)
            | {name: None if order[name] is None else float(order[name]) for name in amounts}
            for order in listed.orders
        ],
    }


def _print(lists: list[OrderList], currency: str) -> None:
    """Print the orders of each merchant as a table."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, width=None if sys.stdout.isatty() else FILE_WIDTH)
    for listed in lists:
        console.print(Text(_title(listed, currency)))
        if not listed.orders:
            continue
        table = Table(box=None)
        for column in COLUMNS:
            is_number = column in ("pieces", "cost", "saved margin")
            table.add_column(column, justify="right" if is_number else "left", overflow="fold")
        for order in listed.orders:
            cells = (
                _shown(order["product_id"]),
                order["stock_class"],
                f"{order['order_day']}",
                f"{order['order_units']:,.0f}",
                _amount(order["order_cost"]),
                _amount(order["saved_margin"]),
                order["verdict"].replace("_", " "),
            )
            table.add_row(*map(Text, cells))
        console.print(table)


def _title(listed: OrderList, currency: str) -> str:
    cost, margin = listed.sum("order_cost"), listed.sum("saved_margin")
    return (
        f"{_shown(listed.merchant)}, night of {listed.night}: {len(listed.proposed):,} of "
        f"{len(listed.orders):,} orders, cost {cost:,}, saved margin {margin:,} {currency}"
    )


def _shown(name: str) -> str:
    """Return a name without characters that a terminal obeys."""
    return name if name.isprintable() else name.encode("unicode_escape").decode()


def _amount(amount: Decimal | None) -> str:
    return "unknown" if amount is None else f"{amount:,}"
