"""Processes and sessions broken at every named place: killed, frozen, failed, doubled, cut off."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

from tests.faults.cases import Case, Outcome, Trial, trial
from tests.faults.flow import STEPS, Asked
from tests.faults.house import House, Stage
from tests.faults.processes import Pause
from tests.faults.world import World

#: Every named place, with the hit where it is passed more than once: a file per feed, three chunks.
PLACES: dict[str, Stage] = {
    "before_rejects@1": Stage.WAITING,
    "before_rejects@2": Stage.WAITING,
    "after_landed_copy@1": Stage.WAITING,
    "after_landed_copy@2": Stage.WAITING,
    "after_raw_copy@1": Stage.WAITING,
    "after_raw_copy@2": Stage.WAITING,
    "after_features": Stage.WAITING,
    "after_claim": Stage.BUILT,
    "after_model_load": Stage.BUILT,
    "mid_predict@1": Stage.BUILT,
    "mid_predict@2": Stage.BUILT,
    "mid_predict@3": Stage.BUILT,
    "mid_copy@1": Stage.BUILT,
    "mid_copy@2": Stage.BUILT,
    "mid_copy@3": Stage.BUILT,
    "before_publish": Stage.VALIDATED,
    "inside_publish": Stage.VALIDATED,
    "after_commit": Stage.VALIDATED,
    "before_manifest": Stage.VALIDATED,
    "after_manifest": Stage.VALIDATED,
}
_TWIN_STARTS_WITHIN = 1.5  # seconds that the first of two attempts dwells at the place


def failpoint(place: str, action: str) -> str:
    """Return the setting that acts at a place, `name` or `name@hit`."""
    name, _, hit = place.partition("@")
    return f"{name}:{action}@{hit or 1}"


def kill(house: House, place: str, stage: Stage) -> Outcome:
    """End the process at the place by SIGKILL."""
    with trial(house, stage) as found:
        attempt = found.world.start(stage.rest, failpoint=failpoint(place, "kill9"))
        found.expect(holds=attempt.process.wait() == -9, otherwise="the place was not reached")
        found.heard(attempt.end())
        found.rerun()
    return found.outcome


def fail(house: House, place: str, stage: Stage) -> Outcome:
    """Raise an error that nobody expects at the place."""
    with trial(house, stage) as found:
        told = found.heard(found.world.run(stage.rest, failpoint=failpoint(place, "raise")))
        found.expect(
            holds=told.error == "InjectedFaultError", otherwise=f"the place was not reached: {told}"
        )
        found.rerun()
    return found.outcome


def freeze(house: House, place: str, stage: Stage) -> Outcome:
    """Stop the process at the place, run again beside it, then let the orphan finish."""
    with trial(house, stage) as found:
        orphan = found.world.start(stage.rest, failpoint=failpoint(place, "stop"))
        found.expect(holds=orphan.process.wait_frozen(), otherwise="the place was not reached")
        found.rerun()
        found.look()
        orphan.process.thaw()
        found.heard(orphan.end())
    return found.outcome


def twin(house: House, place: str, stage: Stage) -> Outcome:
    """Start a second attempt while the first one is at the place; both go on."""
    with trial(house, stage) as found:
        pause = Pause()
        first = found.world.start(stage.rest, at={place: pause.passing(_TWIN_STARTS_WITHIN)})
        found.expect(holds=first.process.wait_at(pause), otherwise="the place was not reached")
        second = found.world.start(stage.rest)
        one, other = found.heard(first.end()), found.heard(second.end())
        pause.close()
        found.expect(holds=one.ok or other.ok, otherwise=f"both failed: {one}; {other}")
        found.rerun()
    return found.outcome


def paused(found: Trial, place: str, act: Callable[[], None], asked: Asked | None = None) -> bool:
    """Do something while an attempt is at the place, then let it go on.

    Returns:
        Whether the attempt came to the place; if not, nothing was done.
    """
    pause = Pause()
    attempt = found.world.start(found.stage.rest, asked, at={place: pause.here})
    if is_reached := attempt.process.wait_at(pause):
        act()
        pause.release()
    found.heard(attempt.end())
    pause.close()
    return is_reached


def kick_out(world: World) -> None:
    """End the sessions of everybody who writes, as an administrator does."""
    world.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and usename in ('ingest', 'transform', 'score')"
    )


def end_sessions(house: House, place: str, stage: Stage) -> Outcome:
    """Let an administrator end the sessions of the process at the place."""
    with trial(house, stage) as found:
        is_reached = paused(found, place, lambda: kick_out(found.world))
        found.expect(holds=is_reached, otherwise="the place was not reached")
        found.rerun()
    return found.outcome


def kill_builder(house: House, seconds: float) -> Outcome:
    """End the process some time after its build began, wherever that is."""
    with trial(house, Stage.WAITING) as found:
        ready = found.world.run(("ingest", "admit", "claim"))
        found.expect(holds=ready.ok, otherwise=f"nothing to build: {ready}")
        attempt = found.world.start(("build",))
        time.sleep(seconds)
        attempt.process.kill()
        found.outcome.seen = "killed"
        found.rerun()
    return found.outcome


def freeze_builder(house: House, seconds: float) -> Outcome:
    """Stop a build for a while; another one waits for it, and both end well."""
    with trial(house, Stage.WAITING) as found:
        ready = found.world.run(("ingest", "admit", "claim"))
        found.expect(holds=ready.ok, otherwise=f"nothing to build: {ready}")
        slow = found.world.start(("build",))
        time.sleep(seconds)
        slow.process.freeze()
        other = found.world.start(STEPS)
        time.sleep(1.5)
        slow.process.thaw()
        found.expect(holds=found.heard(slow.end()).ok, otherwise="the frozen build failed")
        found.expect(holds=found.heard(other.end()).ok, otherwise="the waiting run failed")
        found.rerun()
    return found.outcome


class _AtPlace(Protocol):
    def __call__(self, house: House, place: str, stage: Stage) -> Outcome: ...


_AT_PLACES: dict[str, tuple[_AtPlace, str]] = {
    "kill -9": (kill, "a plain re-run publishes, once"),
    "freeze": (freeze, "the re-run publishes; the orphan is fenced or changes nothing"),
    "error": (fail, "a plain re-run publishes, once"),
    "second attempt": (twin, "one publishes, the other ends without a trace"),
    "sessions ended": (end_sessions, "the step fails or ends well; a re-run publishes"),
}


def cases() -> Iterator[Case]:
    """Yield every fault of this kind."""
    for fault, (run, expected) in _AT_PLACES.items():
        for place, stage in PLACES.items():
            yield Case(fault, place, expected, partial(run, place=place, stage=stage))
    for seconds in (0.5, 1.5, 2.5, 3.5):
        place = f"{seconds} s into the build"
        yield Case(
            "kill -9",
            place,
            "a re-run builds what is missing",
            partial(kill_builder, seconds=seconds),
        )
    for seconds in (1.0, 2.5):
        place = f"{seconds} s into the build"
        yield Case("freeze", place, "another build waits", partial(freeze_builder, seconds=seconds))
