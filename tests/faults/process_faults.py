"""Break processes and sessions at every named place: kill, freeze, fail, double, cut off."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

from tests.faults.cases import Case, Outcome, Trial, open_trial
from tests.faults.flow import STEPS, WindowRequest
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
    """Return the setting of a failpoint at a place, `name` or `name@hit`."""
    name, _, hit = place.partition("@")
    return f"{name}:{action}@{hit or 1}"


def kill(house: House, place: str, stage: Stage) -> Outcome:
    """End the process at the place by SIGKILL."""
    with open_trial(house, stage) as trial:
        attempt = trial.world.start(stage.rest, failpoint=failpoint(place, "kill9"))
        trial.expect(holds=attempt.process.wait() == -9, otherwise="the place was not reached")
        trial.record(attempt.end())
        trial.rerun()
    return trial.outcome


def fail(house: House, place: str, stage: Stage) -> Outcome:
    """Raise an unexpected error at the place."""
    with open_trial(house, stage) as trial:
        result = trial.record(trial.world.run(stage.rest, failpoint=failpoint(place, "raise")))
        trial.expect(
            holds=result.error == "InjectedFaultError",
            otherwise=f"the place was not reached: {result}",
        )
        trial.rerun()
    return trial.outcome


def freeze(house: House, place: str, stage: Stage) -> Outcome:
    """Stop the process at the place, run again beside it, then let the orphan finish."""
    with open_trial(house, stage) as trial:
        orphan = trial.world.start(stage.rest, failpoint=failpoint(place, "stop"))
        trial.expect(holds=orphan.process.wait_frozen(), otherwise="the place was not reached")
        trial.rerun()
        trial.look()
        orphan.process.thaw()
        trial.record(orphan.end())
    return trial.outcome


def twin(house: House, place: str, stage: Stage) -> Outcome:
    """Start a second attempt during the first attempt's pause at the place; both continue."""
    with open_trial(house, stage) as trial:
        pause = Pause()
        first = trial.world.start(stage.rest, at={place: pause.passing(_TWIN_STARTS_WITHIN)})
        trial.expect(holds=first.process.wait_at(pause), otherwise="the place was not reached")
        second = trial.world.start(stage.rest)
        results = trial.record(first.end()), trial.record(second.end())
        pause.close()
        trial.expect(
            holds=any(result.ok for result in results), otherwise=f"both failed: {results}"
        )
        trial.rerun()
    return trial.outcome


def paused(
    trial: Trial, place: str, act: Callable[[], None], request: WindowRequest | None = None
) -> bool:
    """Act during an attempt's pause at the place, then let the attempt continue.

    Returns:
        Whether the attempt reached the place; otherwise `act` was not called.
    """
    pause = Pause()
    attempt = trial.world.start(trial.stage.rest, request, at={place: pause.here})
    if is_reached := attempt.process.wait_at(pause):
        act()
        pause.release()
    trial.record(attempt.end())
    pause.close()
    return is_reached


def kick_out(world: World) -> None:
    """End the sessions of every writer, as an administrator does."""
    world.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and usename in ('ingest', 'transform', 'score')"
    )


def end_sessions(house: House, place: str, stage: Stage) -> Outcome:
    """Let an administrator end the sessions of the process at the place."""
    with open_trial(house, stage) as trial:
        is_reached = paused(trial, place, lambda: kick_out(trial.world))
        trial.expect(holds=is_reached, otherwise="the place was not reached")
        trial.rerun()
    return trial.outcome


def kill_builder(house: House, seconds: float) -> Outcome:
    """End the process some time after the start of its build, at any place."""
    with open_trial(house, Stage.WAITING) as trial:
        ready = trial.world.run(("ingest", "validate_raw", "admit", "claim"))
        trial.expect(holds=ready.ok, otherwise=f"nothing to build: {ready}")
        attempt = trial.world.start(("build",))
        time.sleep(seconds)
        attempt.process.kill()
        trial.outcome.seen = "killed"
        trial.rerun()
    return trial.outcome


def freeze_builder(house: House, seconds: float) -> Outcome:
    """Stop a build for a while; another build waits for it, and both end well."""
    with open_trial(house, Stage.WAITING) as trial:
        ready = trial.world.run(("ingest", "validate_raw", "admit", "claim"))
        trial.expect(holds=ready.ok, otherwise=f"nothing to build: {ready}")
        slow = trial.world.start(("build",))
        time.sleep(seconds)
        slow.process.freeze()
        waiting = trial.world.start(STEPS)
        time.sleep(1.5)
        slow.process.thaw()
        trial.expect(holds=trial.record(slow.end()).ok, otherwise="the frozen build failed")
        trial.expect(holds=trial.record(waiting.end()).ok, otherwise="the waiting run failed")
        trial.rerun()
    return trial.outcome


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
            "a re-run builds the missing rows",
            partial(kill_builder, seconds=seconds),
        )
    for seconds in (1.0, 2.5):
        place = f"{seconds} s into the build"
        yield Case("freeze", place, "another build waits", partial(freeze_builder, seconds=seconds))
