"""Override forecasts of demand: a person states what the past cannot show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import typer

from features.platform.moments import parse_day
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, ReasonOption, override_named
from scoring.demand import overrides
from scoring.demand.override_rules import Override

HELP = "Override the forecast of a product for some days, and withdraw or list overrides."

app = typer.Typer(help=HELP, no_args_is_help=True)

PersonOption = Annotated[str, typer.Option("--person", help="The person who answers for it.")]


@app.command()
def add(
    merchant: Annotated[str, typer.Option("--merchant", help="Id of the merchant.")],
    product: Annotated[str, typer.Option("--product", help="Id of the product.")],
    first_day: Annotated[
        date,
        typer.Option("--first-day", parser=parse_day, metavar="DAY", help="First UTC day."),
    ],
    last_day: Annotated[
        date,
        typer.Option("--last-day", parser=parse_day, metavar="DAY", help="Last UTC day, included."),
    ],
    person: PersonOption,
    reason: ReasonOption,
    channel: Annotated[
        str | None,
        typer.Option(
            "--channel", help="Only this channel; '' where sales name none; default: all channels."
        ),
    ] = None,
    factor: Annotated[
        float | None, typer.Option("--factor", help="Multiplies the forecast; 0 to 1,000.")
    ] = None,
    units_per_day: Annotated[
        float | None,
        typer.Option(
            "--units-per-day", help="Replaces the forecast of one channel, in pieces a day."
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Record an override: a factor, or units per day, for the forecasts of some days.

    The forecasts stay as they are; the views and the plans of later claims apply the override. Of
    several overrides of a day, the newest holds.
    """
    override = Override(
        merchant_id=merchant,
        product_id=product,
        channel=channel,
        first_day=first_day,
        last_day=last_day,
        factor=factor,
        units_per_day=units_per_day,
        person=person,
        reason=reason,
    )
    with sessions.connect() as connection:
        override_id, recorded = overrides.add(connection, override)
    document = {"override_id": override_id, **asdict(recorded)}
    show(f"override {override_id}: {_sentence(asdict(recorded))}", document, as_json=as_json)
    return Status.HOLDS


@app.command()
def withdraw(
    override: Annotated[
        UUID,
        typer.Argument(
            parser=override_named, metavar="OVERRIDE", help="Id of an override, from the list."
        ),
    ],
    person: PersonOption,
    reason: ReasonOption,
    as_json: AsJson = False,
) -> int:
    """Withdraw an override; an older override of the same days holds again."""
    with sessions.connect() as connection:
        overrides.withdraw(connection, override, person=person, reason=reason)
    line = f"override {override} is withdrawn; plans that have used it stay as they are"
    show(line, {"override_id": override, "state": "withdrawn"}, as_json=as_json)
    return Status.HOLDS


@app.command("list")
def list_(
    merchant: Annotated[
        str | None, typer.Option("--merchant", help="Only of this merchant.")
    ] = None,
    product: Annotated[str | None, typer.Option("--product", help="Only of this product.")] = None,
    is_history: Annotated[
        bool, typer.Option("--all", help="Also those withdrawn, or with days that are over.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=10_000, help="How many overrides at most.")
    ] = 50,
    as_json: AsJson = False,
) -> int:
    """List the overrides in force, newest first."""
    with sessions.connect() as connection:
        rows = overrides.listing(
            connection,
            merchant_id=merchant,
            product_id=product,
            is_history=is_history,
            limit=limit,
        )
    show(list(_lines(rows)) or "no override", {"overrides": rows}, as_json=as_json)
    return Status.HOLDS


def _lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield f"{row['override_id']}  {row['state']:9}  {_sentence(row)}"
        yield f"    {_shown(row['person'])}, {row['created_at']:%Y-%m-%d}: {_shown(row['reason'])}"
        if row["withdrawn_at"] is not None:
            yield (
                f"    withdrawn by {_shown(row['withdrawn_by'])}, "
                f"{row['withdrawn_at']:%Y-%m-%d}: {_shown(row['withdrawn_because'])}"
            )


def _sentence(row: Mapping[str, Any]) -> str:
    channel = row["channel"]
    where = {None: "all channels", "": "no channel"}.get(channel) or f"channel {_shown(channel)}"
    change = (
        f"{row['units_per_day']:g} units a day"
        if row["factor"] is None
        else f"forecast times {row['factor']:g}"
    )
    return (
        f"merchant {_shown(row['merchant_id'])}, product {_shown(row['product_id'])}, {where}, "
        f"{row['first_day']} to {row['last_day']}: {change}"
    )


def _shown(text: str) -> str:
    """Return a text that cannot steer a terminal."""
    return text if text.isprintable() else ascii(text)
