"""Assemble the commands for deliveries, in the order in which `--help` lists them."""

from __future__ import annotations

import typer

from scoring.commands.deliveries.discard import discard
from scoring.commands.deliveries.list import list_
from scoring.commands.deliveries.release import release
from scoring.commands.deliveries.retry import retry
from scoring.commands.deliveries.show import show

HELP = "Read the register of deliveries, and end a hold: retry, release or discard."

app = typer.Typer(help=HELP, no_args_is_help=True)
app.command("list")(list_)
app.command()(show)
app.command()(retry)
app.command()(release)
app.command()(discard)
