"""Put a policy version in force, with an author and an approver."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from features.platform.moments import parse_moment
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, ReasonOption

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
    without_simulation: Annotated[
        str | None,
        typer.Option(
            "--without-simulation",
            metavar="REASON",
            help="Reason to do without a simulation, stored in the register.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Approve a policy version that was simulated; runs pin it from then on.

    The policy needs a simulation of the same file on the decisions of each job that it decides, no
    older than 14 days. A job without decisions has nothing to simulate.
    """
    # loads numpy and the deciders, which takes a second
    from scoring.simulation import activation

    with sessions.connect() as connection:
        made = activation.activate(
            connection,
            activation.Approval(
                version=version,
                author=author,
                approver=approver,
                reason=reason,
                effective_from=effective_from,
            ),
            without_simulation=without_simulation,
        )
    approved = made.policy
    line = f"policy {approved.version} (sha256 {approved.sha256[:12]}) approved by {approver}"
    document = {
        "version": approved.version,
        "sha256": approved.sha256,
        "approver": approver,
        "effective_from": effective_from,
        "simulations": [each.reference() for each in made.simulations],
        "without_simulation": made.without_simulation,
    }
    show([line, *activation.lines(made)], document, as_json=as_json)
    return Status.HOLDS
