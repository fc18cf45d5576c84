"""Put a policy version in force, with an author and an approver."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from features.platform.moments import parse_moment
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, ReasonOption
from scoring.decision.policy import activations

app = typer.Typer(help="Put a policy version in force.", no_args_is_help=True)


@app.callback()
def policy() -> None:
    """Put a policy version in force."""


@app.command()
def activate(
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="Name of the policy file without .yaml.")
    ],
    author: Annotated[str, typer.Option("--author", help="Author of the version.")],
    approver: Annotated[str, typer.Option("--approver", help="A person other than the author.")],
    reason: ReasonOption,
    effective_from: Annotated[
        datetime | None,
        typer.Option(
            "--effective-from", parser=parse_moment, metavar="INSTANT", help="At once if left out."
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Approve a policy version; runs pin it from then on."""
    with sessions.connect() as connection:
        approved = activations.activate(
            connection,
            version,
            author=author,
            approver=approver,
            reason=reason,
            effective_from=effective_from,
        )
    line = f"policy {approved.version} (sha256 {approved.sha256[:12]}) approved by {approver}"
    document = {
        "version": approved.version,
        "sha256": approved.sha256,
        "approver": approver,
        "effective_from": effective_from,
    }
    show(line, document, as_json=as_json)
    return Status.HOLDS
