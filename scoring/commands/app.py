"""Assemble the command line: its commands in the order in which `--help` lists them."""

from __future__ import annotations

from typing import Any

import typer

from scoring.commands.build import build
from scoring.commands.claim import claim
from scoring.commands.closure import closure
from scoring.commands.deliveries.app import app as deliveries
from scoring.commands.exceptions import app as exceptions
from scoring.commands.explain import explain
from scoring.commands.fail import fail
from scoring.commands.fairness import fairness
from scoring.commands.ingest import ingest
from scoring.commands.models.app import app as models
from scoring.commands.overrides import app as overrides
from scoring.commands.policy import app as policy
from scoring.commands.prices import app as prices
from scoring.commands.publish import publish
from scoring.commands.quality import quality
from scoring.commands.replay import replay
from scoring.commands.run import run
from scoring.commands.score import score
from scoring.commands.simulate import simulate
from scoring.commands.sources import app as sources
from scoring.commands.stock.app import app as stock
from scoring.commands.synthesize import synthesize
from scoring.commands.thresholds import thresholds
from scoring.commands.train import train
from scoring.commands.validate import app as validate
from scoring.commands.version import version
from scoring.commands.windows import windows

NAME = "vesper"
HELP = """Run every step of a scoring job, and prove its results, without Airflow.

Exit status of every command: 0 the answer holds, or the work is done; 1 the answer does not hold
(a difference, a gap, a held delivery, a failed gate); 2 the command was refused or could not ask
(usage, configuration, warehouse away).

The answer is on standard output; --json prints it as one JSON document. Progress and log lines are
on standard error. With status 2, standard output is empty and standard error names the cause and
the next step."""

#: Panels of `--help`, with their commands.
PANELS: dict[str, tuple[Any, ...]] = {
    "Deliver and decide": (sources, run, ingest, deliveries, synthesize),
    "One step of a run": (build, validate, claim, score, publish, fail),
    "Proofs and answers": (closure, windows, replay, explain),
    "Plans of merchants": (overrides, stock, prices),
    "Policies and models": (
        policy,
        exceptions,
        simulate,
        thresholds,
        train,
        models,
        quality,
        fairness,
    ),
    "This installation": (version,),
}
_GROUPS = {
    id(deliveries): "deliveries",
    id(exceptions): "exceptions",
    id(models): "models",
    id(overrides): "overrides",
    id(policy): "policy",
    id(prices): "prices",
    id(sources): "sources",
    id(stock): "stock",
    id(validate): "validate",
}


def application() -> typer.Typer:
    """Return the application with all commands."""
    app = typer.Typer(
        name=NAME,
        help=HELP,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    for commands in PANELS.values():
        for command in commands:
            if isinstance(command, typer.Typer):
                app.add_typer(command, name=_GROUPS[id(command)])
            else:
                app.command()(command)
    return app
