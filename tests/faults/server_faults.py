"""Kill the whole server at every named place and between every two tasks, then start it again.

Each task is retried as Airflow does: the task that the crash has ended, and none before it. A task
must therefore restore every emptied table that it needs.
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
from tests.faults.cases import Case, Outcome, open_trial
from tests.faults.flow import STEPS
from tests.faults.house import House, Stage
from tests.faults.process_faults import PLACES
from tests.faults.processes import Pause

FAULT = "server killed"
_EXPECTED = "the tasks' own retries publish, once"
#: For a window that is admitted and whose features are built.
_AFTER_BUILD = ("claim", *STEPS[STEPS.index("validate_features") :])


def crash(house: House) -> None:
    """Kill every process of the server and start it again: the unlogged tables are empty."""
    for pid in _processes(house.cluster):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while house.cluster.pid() is not None:  # a dying server counts as running until it is gone
        time.sleep(0.02)
    house.cluster.start()


def _processes(cluster: Cluster) -> Sequence[int]:
    """Return the postmaster of a cluster, then its children."""
    if (postmaster := cluster.pid()) is None:
        return []
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return [postmaster, *map(int, children)]


def at_place(house: House, place: str, stage: Stage) -> Outcome:
    """Kill the server during a task, at the place."""
    # the rows of the validated stage are unlogged, and a crash has emptied them in the template
    begin, tasks = (Stage.WAITING, STEPS) if stage is Stage.WAITING else (Stage.BUILT, _AFTER_BUILD)
    with open_trial(house, begin) as trial:
        pause = Pause()
        attempt = trial.world.start(tasks, at={place: pause.here})
        is_reached = attempt.process.wait_at(pause)
        trial.expect(holds=is_reached, otherwise="the place was not reached")
        crash(house)
        pause.release()
        trial.retry(trial.record(attempt.end()))
        pause.close()
    return trial.outcome


def before(house: House, task: str) -> Outcome:
    """Kill the server between a task and the previous one."""
    is_early = task in {"validate_raw", "admit", "claim", "build"}
    begin, tasks = (Stage.WAITING, STEPS) if is_early else (Stage.BUILT, _AFTER_BUILD)
    with open_trial(house, begin) as trial:
        result = trial.record(trial.world.run(tasks[: tasks.index(task)]))
        trial.expect(holds=result.ok, otherwise=f"there is nothing to go on from: {result}")
        crash(house)
        rest = tasks[tasks.index(task) :]
        trial.retry(trial.record(trial.world.run(rest, receipts=result.receipts)))
    return trial.outcome


def amid(house: House, task: str, seconds: float) -> Outcome:
    """Kill the server some time after the start of a task, at any place."""
    is_early = task in {"ingest", "validate_raw", "build"}
    begin, tasks = (Stage.WAITING, STEPS) if is_early else (Stage.BUILT, _AFTER_BUILD)
    with open_trial(house, begin) as trial:
        result = trial.record(trial.world.run(tasks[: tasks.index(task)]))
        rest = tasks[tasks.index(task) :]
        attempt = trial.world.start(rest, receipts=result.receipts)
        time.sleep(seconds)
        crash(house)
        trial.retry(trial.record(attempt.end()))
    return trial.outcome


#: Tasks without a named place, or with time spent elsewhere.
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
