"""Estimate price elasticity and promotion uplift from the history of merchants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer

from features.platform.moments import parse_moment
from features.platform.settings import get_settings
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson
from scoring.commands.working import working
from scoring.pricing import estimation
from scoring.pricing.estimation import Outcome, Receipt, State

HELP = "Estimate how demand answers to prices and promotions."

app = typer.Typer(help=HELP, no_args_is_help=True)


@app.callback(help=HELP)
def prices() -> None:
    """Hold the commands on prices."""


@app.command()
def estimate(
    merchant: Annotated[
        str | None,
        typer.Option("--merchant", metavar="MERCHANT", help="Only this merchant; default: all."),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            parser=parse_moment,
            metavar="INSTANT",
            help="Estimate on the knowledge of this moment; default: now.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Estimate price elasticity and promotion uplift of every category, and write the estimates.

    The estimates are in serving.price_elasticity and serving.promotion_uplift. The same moment and
    data write nothing twice. A merchant that fails stops no other.

    Status 1: the history of a merchant could not be estimated; its earlier estimates stay.
    """
    with working("prices estimate"):
        receipt = estimation.estimate(get_settings(), as_of=as_of, merchant=merchant)
    show(lines(receipt), receipt.as_dict(), as_json=as_json)
    return Status.of(not receipt.failures)


def lines(receipt: Receipt) -> Iterator[str]:
    """Yield the answer for a person: a line per merchant, and the counts."""
    yield from map(_line, receipt.outcomes)
    counts = ", ".join(f"{receipt.count(state)} {state}" for state in State)
    yield f"{len(receipt.outcomes)} merchants as of {receipt.as_of.isoformat()}: {counts}"


def _line(outcome: Outcome) -> str:
    if outcome.state is State.FAILED:
        return f"{outcome.merchant_id}: failed, {outcome.cause}"
    if outcome.state is State.UNCHANGED:
        return f"{outcome.merchant_id}: unchanged, the ledger has the estimates of these data"
    return (
        f"{outcome.merchant_id}: of {outcome.categories} categories {outcome.elasticities} can "
        f"tell their elasticity and {outcome.uplifts} the uplift of promotions "
        f"({outcome.seconds:.1f} s)"
    )
