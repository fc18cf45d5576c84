"""Faults of a drawn schedule: each breaks a run at a place that is drawn, and says where.

What is broken may end well or not be reached at all: only the plain re-run must succeed, and the
invariants at the end tell whether anything was lost on the way.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from tests.faults import process_faults, server_faults
from tests.faults.cases import Trial
from tests.faults.connection_faults import COPIES, STATEMENTS, proxied
from tests.faults.flow import Asked
from tests.faults.process_faults import failpoint, paused

#: Passed whatever the window holds; a second chunk or a second file there may not be.
PLACES = tuple(place for place in process_faults.PLACES if place[-2:] not in {"@2", "@3"})
#: Passed only where a file waits: otherwise there is nothing to parse.
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

#: Takes the trial, the window, the places that its run passes, and what draws one of them.
Fault = Callable[[Trial, Asked, Sequence[str], random.Random], str]


def kill(found: Trial, asked: Asked, places: Sequence[str], draw: random.Random) -> str:
    """End the process by SIGKILL."""
    place = draw.choice(places)
    found.heard(found.world.run(found.stage.rest, asked, failpoint=failpoint(place, "kill9")))
    return f"killed at {place}"


def fail(found: Trial, asked: Asked, places: Sequence[str], draw: random.Random) -> str:
    """Raise an error that nobody expects."""
    place = draw.choice(places)
    found.heard(found.world.run(found.stage.rest, asked, failpoint=failpoint(place, "raise")))
    return f"failed at {place}"


def end_sessions(found: Trial, asked: Asked, places: Sequence[str], draw: random.Random) -> str:
    """Let an administrator end the sessions of the process."""
    place = draw.choice(places)
    paused(found, place, lambda: process_faults.kick_out(found.world), asked)
    return f"sessions ended at {place}"


def crash(found: Trial, asked: Asked, places: Sequence[str], draw: random.Random) -> str:
    """Crash the server."""
    place = draw.choice(places)
    paused(found, place, lambda: server_faults.crash(found.house), asked)
    return f"server crash at {place}"


def freeze(found: Trial, asked: Asked, places: Sequence[str], draw: random.Random) -> str:
    """Stop the process, run again beside it, then let the orphan finish."""
    place = draw.choice(places)
    orphan = found.world.start(found.stage.rest, asked, failpoint=failpoint(place, "stop"))
    if orphan.process.wait_frozen():
        found.rerun(asked)
        orphan.process.thaw()
    found.heard(orphan.end())
    return f"frozen at {place}"


def cut(found: Trial, asked: Asked, places: Sequence[str], draw: random.Random) -> str:
    """Cut the connection."""
    how, place, marker = draw.choice(_CUTS)
    with proxied(found, marker, how) as proxy:
        found.heard(found.world.run(found.stage.rest, asked, environment=proxy.environment))
    return f"{how} at {place}"


FAULTS: tuple[Fault, ...] = (kill, fail, end_sessions, crash, freeze, cut)
