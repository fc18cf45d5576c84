"""Break a run of a drawn schedule at a drawn place, and return the description of the fault.

The broken run may end well or not reach the place. Only the plain re-run must succeed, and the
invariants at the end detect every loss.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from tests.faults import process_faults, server_faults
from tests.faults.cases import Trial
from tests.faults.connection_faults import COPIES, STATEMENTS, proxied
from tests.faults.flow import WindowRequest
from tests.faults.process_faults import failpoint, paused

#: Places that every window passes; a window may lack a second chunk or a second file.
PLACES = tuple(place for place in process_faults.PLACES if place[-2:] not in {"@2", "@3"})
#: Places that only a pending file passes: otherwise no file is parsed.
INGEST_PLACES = frozenset({"before_rejects@1", "after_landed_copy@1", "after_raw_copy@1"})
_CUTS = tuple(
    (how, place, marker)
    for how, statements in (
        ("commit lost", STATEMENTS),
        ("commit unanswered", STATEMENTS),
        ("cut in a copy", COPIES),
    )
    for place, (_, marker) in sorted(statements.items())
)

#: Takes the trial, the window, the places that its run passes, and the generator that draws a
#: place.
Fault = Callable[[Trial, WindowRequest, Sequence[str], random.Random], str]


def kill(trial: Trial, request: WindowRequest, places: Sequence[str], draw: random.Random) -> str:
    """End the process by SIGKILL."""
    place = draw.choice(places)
    trial.record(trial.world.run(trial.stage.rest, request, failpoint=failpoint(place, "kill9")))
    return f"killed at {place}"


def fail(trial: Trial, request: WindowRequest, places: Sequence[str], draw: random.Random) -> str:
    """Raise an unexpected error."""
    place = draw.choice(places)
    trial.record(trial.world.run(trial.stage.rest, request, failpoint=failpoint(place, "raise")))
    return f"failed at {place}"


def end_sessions(
    trial: Trial, request: WindowRequest, places: Sequence[str], draw: random.Random
) -> str:
    """Let an administrator end the sessions of the process."""
    place = draw.choice(places)
    paused(trial, place, lambda: process_faults.kick_out(trial.world), request)
    return f"sessions ended at {place}"


def crash(trial: Trial, request: WindowRequest, places: Sequence[str], draw: random.Random) -> str:
    """Crash the server."""
    place = draw.choice(places)
    paused(trial, place, lambda: server_faults.crash(trial.house), request)
    return f"server crash at {place}"


def freeze(trial: Trial, request: WindowRequest, places: Sequence[str], draw: random.Random) -> str:
    """Stop the process, run again beside it, then let the orphan finish."""
    place = draw.choice(places)
    orphan = trial.world.start(trial.stage.rest, request, failpoint=failpoint(place, "stop"))
    if orphan.process.wait_frozen():
        trial.rerun(request)
        orphan.process.thaw()
    trial.record(orphan.end())
    return f"frozen at {place}"


def cut(trial: Trial, request: WindowRequest, places: Sequence[str], draw: random.Random) -> str:
    """Cut the connection."""
    how, place, marker = draw.choice(_CUTS)
    with proxied(trial, marker, how) as proxy:
        trial.record(trial.world.run(trial.stage.rest, request, environment=proxy.environment))
    return f"{how} at {place}"


FAULTS: tuple[Fault, ...] = (kill, fail, end_sessions, crash, freeze, cut)
