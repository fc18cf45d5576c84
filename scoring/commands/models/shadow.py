"""Let the challenger decide published rows once more, and compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from features.platform.moments import parse_moment
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, JobArgument
from scoring.commands.working import working

if TYPE_CHECKING:
    from scoring.shadow.comparison import Comparison
    from scoring.shadow.ledger import Shadow


def shadow(
    job: JobArgument,
    start: Annotated[
        datetime | None,
        typer.Option(
            "--start",
            parser=parse_moment,
            metavar="INSTANT",
            help="Runs whose windows end after it; default: runs since the training.",
        ),
    ] = None,
    end: Annotated[
        datetime | None,
        typer.Option(
            "--end",
            parser=parse_moment,
            metavar="INSTANT",
            help="Runs whose windows begin before it; default: all.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Decide the rows of published runs with the challenger, and compare.

    Takes up every run that the challenger has not decided to its end. Published decisions stay as
    they are. The comparison is in serving.shadow_comparison.

    Status 1: the challenger could not decide all rows; serving.shadow_runs names the cause.
    """
    # imports the registry's library, which takes seconds
    from scoring.shadow import comparison
    from scoring.steps.shadow import Period

    with working("models shadow"):
        pin, runs = sessions.pipeline(job).shadow_published(Period(start, end))
        shadows = list(runs)
    with sessions.connect("analyst") as connection:
        compared = comparison.read(connection, pin.name, pin.version)
    show(
        lines(shadows, compared),
        {
            "job": job.name,
            "model": pin.name,
            "version": pin.version,
            "runs": [each.receipt() for each in shadows],
            "comparison": compared.as_dict(),
        },
        as_json=as_json,
    )
    return Status.of(all(each.has_ended for each in shadows))


def lines(shadows: Sequence[Shadow], compared: Comparison) -> Iterator[str]:
    """Yield the answer for a person: the runs that broke, the counts, the comparison."""
    for each in shadows:
        if not each.has_ended:
            yield f"run {each.run_id}: {each.state}, {each.failure or 'another attempt goes on'}"
    states = Counter(str(each.state) for each in shadows)
    counts = ", ".join(f"{count:,} {state}" for state, count in sorted(states.items()))
    yield f"{len(shadows):,} runs in shadow{': ' if counts else ''}{counts}"
    yield from compared.lines()
