"""Assemble the commands about models: their gate, their promotion, their records."""

from __future__ import annotations

import typer

from scoring.commands.models.export import export
from scoring.commands.models.gate import gate
from scoring.commands.models.inventory import inventory
from scoring.commands.models.promote import promote
from scoring.commands.models.reject import reject
from scoring.commands.models.rollback import rollback
from scoring.commands.models.shadow import shadow
from scoring.commands.models.validate import validate

HELP = "Test, promote and list models."

app = typer.Typer(help=HELP, no_args_is_help=True)
app.command()(gate)
app.command()(shadow)
app.command()(validate)
app.command()(promote)
app.command()(reject)
app.command()(rollback)
app.command()(inventory)
app.command()(export)


@app.callback()
def models() -> None:
    """Test, promote and list models."""
