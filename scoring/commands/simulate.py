"""Try a policy on past decisions before it decides any."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import Annotated

import typer

from features.platform.errors import ConfigurationError
from features.platform.moments import parse_moment
from features.platform.settings import get_settings
from features.platform.storage import object_store
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, JobOption
from scoring.commands.working import working
from scoring.domains import JOBS


def simulate(
    policy: Annotated[
        str, typer.Option("--policy", metavar="FILE", help="A policy file, or a version's name.")
    ],
    start: Annotated[
        datetime,
        typer.Option(
            "--from", parser=parse_moment, metavar="INSTANT", help="First event, inclusive."
        ),
    ],
    end: Annotated[
        datetime,
        typer.Option("--to", parser=parse_moment, metavar="INSTANT", help="Last event, exclusive."),
    ],
    job: JobOption = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="VERSION",
            help="Version of the job's model that scores the stored features anew; needs --job. "
            "The ledger's scores if left out.",
        ),
    ] = None,
    bad_multiplier: Annotated[
        float,
        typer.Option(
            "--bad-multiplier",
            min=1,
            max=100,
            help="How many times as bad as neighbouring scores declined rows are assumed to be.",
        ),
    ] = 2.0,
    every_row: Annotated[
        bool,
        typer.Option("--every-row", help="Compute the reasons of every row, not of moved ones."),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Decide stored features and scores again under a policy, and say what would change.

    The ledger stays as it is. The report is recorded in serving.policy_simulations.
    """
    # load numpy and the deciders, which take a second
    from scoring.simulation import records
    from scoring.simulation.order import Order, candidate, jobs_for, model_pin
    from scoring.simulation.run import simulate as simulated
    from scoring.simulation.text import markdown

    if start >= end:
        raise ConfigurationError(
            f"the window is empty: --from {start.isoformat()} is not before --to {end.isoformat()}"
        )
    if model and job is None:
        raise ConfigurationError("--model is a version of one job's model: name the job by --job")
    settings, tried = get_settings(), candidate(policy)
    store = object_store(settings)
    reports, ids = [], []
    for each in jobs_for(tried, job, list(JOBS.values())):
        with working(f"simulate {each.name}"):
            pin = model_pin(each, model, settings, store) if model else None
            order = Order(each, tried, (start, end), pin, bad_multiplier)
            reports.append(simulated(order, settings, store, every_row=every_row))
        with sessions.connect() as connection:
            ids.append(records.add(connection, reports[-1], f"vesper {getpass.getuser()}"))
    pages = [
        f"{markdown(report)}\nRecorded as simulation {simulation_id}.\n"
        for simulation_id, report in zip(ids, reports, strict=True)
    ]
    show(
        "\n".join(pages).rstrip(),
        [
            report.as_dict() | {"simulation_id": simulation_id, "report_sha256": report.sha256}
            for simulation_id, report in zip(ids, reports, strict=True)
        ],
        as_json=as_json,
    )
    return Status.HOLDS
