"""The whole server killed, at every named place and between every two tasks; then started again.

Each task is tried again as Airflow does it: the one that the crash has ended, and none before it.
So whatever the crash has emptied must be made again by the task that needs it.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from infra.local.postgres import Cluster
from tests.faults.cases import Case, Outcome, trial
from tests.faults.flow import STEPS
from tests.faults.house import House, Stage
from tests.faults.process_faults import PLACES
from tests.faults.processes import Pause

FAULT = "server killed"
_EXPECTED = "the tasks' own retries publish, once"
#: Of a window that is admitted and whose features are built.
_AFTER_BUILD = ("claim", *STEPS[STEPS.index("validate_features") :])


def crash(house: House) -> None:
    """Kill every process of the server, and start it again: what is unlogged is gone."""
    for pid in _processes(house.cluster):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while house.cluster.pid() is not None:  # it is dying, and counts as running until it is gone
        time.sleep(0.02)
    house.cluster.start()


def _processes(cluster: Cluster) -> Sequence[int]:
    """Return the postmaster of a cluster, then its children."""
    if (postmaster := cluster.pid()) is None:
        return []
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return [postmaster, *map(int, children)]


def at_place(house: House, place: str, stage: Stage) -> Outcome:
    """Kill the server while a task is at the place."""
    # what stands validated is unlogged, and a crash has emptied the template of it
    begin, tasks = (Stage.WAITING, STEPS) if stage is Stage.WAITING else (Stage.BUILT, _AFTER_BUILD)
    with trial(house, begin) as found:
        pause = Pause()
        attempt = found.world.start(tasks, at={place: pause.here})
        is_reached = attempt.process.wait_at(pause)
        found.expect(holds=is_reached, otherwise="the place was not reached")
        crash(house)
        pause.release()
        found.retried(found.heard(attempt.end()))
        pause.close()
    return found.outcome


def before(house: House, task: str) -> Outcome:
    """Kill the server between a task and the one before it."""
    is_early = task in {"validate_raw", "admit", "claim", "build"}
    begin, tasks = (Stage.WAITING, STEPS) if is_early else (Stage.BUILT, _AFTER_BUILD)
    with trial(house, begin) as found:
        told = found.heard(found.world.run(tasks[: tasks.index(task)]))
        found.expect(holds=told.ok, otherwise=f"there is nothing to go on from: {told}")
        crash(house)
        rest = tasks[tasks.index(task) :]
        found.retried(found.heard(found.world.run(rest, receipts=told.receipts)))
    return found.outcome


def amid(house: House, task: str, seconds: float) -> Outcome:
    """Kill the server some time after a task began, wherever that is."""
    is_early = task in {"ingest", "validate_raw", "build"}
    begin, tasks = (Stage.WAITING, STEPS) if is_early else (Stage.BUILT, _AFTER_BUILD)
    with trial(house, begin) as found:
        told = found.heard(found.world.run(tasks[: tasks.index(task)]))
        rest = tasks[tasks.index(task) :]
        attempt = found.world.start(rest, receipts=told.receipts)
        time.sleep(seconds)
        crash(house)
        found.retried(found.heard(attempt.end()))
    return found.outcome


#: Where a task has no named place, or spends its time elsewhere.
_MOMENTS = {
    "validate_raw": (0.3, 0.8),
    "build": (1.0, 2.5),
    "validate_features": (0.3, 0.8),
    "validate_decisions": (0.3, 0.8),
}


def cases() -> Iterator[Case]:
    """Yield every fault of this kind."""

    def case(place: str, run: partial[Outcome]) -> Case:
        return Case(FAULT, place, _EXPECTED, run, breaks_server=True)

    for place, stage in PLACES.items():
        yield case(place, partial(at_place, place=place, stage=stage))
    for task in STEPS[1:]:
        yield case(f"before {task}", partial(before, task=task))
    for task, moments in _MOMENTS.items():
        for seconds in moments:
            yield case(f"{seconds} s into {task}", partial(amid, task=task, seconds=seconds))
