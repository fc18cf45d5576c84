"""Break the nightly job of customers: kill its steps, start a second attempt, skip its gates.

The steps are those of every job, so a few places suffice. New are the population, which is a view
of nights, the memory of the night before, and the suites.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from tests.faults import cases as basis
from tests.faults import night_house
from tests.faults.cases import Case, Outcome, open_trial
from tests.faults.gate_faults import Skip, skip
from tests.faults.house import House, Stage
from tests.faults.process_faults import failpoint, paused

HouseOf = Callable[[House], House]
KILLED = "kill -9 at night"
TWICE = "second attempt at night"
SKIPPED = "gate skipped at night"
LATE = "late sales at night"
PLACES = {
    "after_features": Stage.WAITING,
    "after_claim": Stage.BUILT,
    "mid_predict@2": Stage.BUILT,
    "inside_publish": Stage.VALIDATED,
    "after_commit": Stage.VALIDATED,
}
SKIPS = {
    "validate_features marked": Skip(
        "validate_features", "", "publish", "features.customer_nights"
    ),
    "validate_decisions marked and the state set": Skip(
        "validate_decisions",
        "update decisions.runs set state = 'validated' where state = 'scored'",
        "publish",
        "decisions.customer_segments",
    ),
}


def kill(house: House, place: str, stage: Stage, of: HouseOf = night_house.of) -> Outcome:
    """End the process at the place by SIGKILL; a plain re-run publishes the night, once."""
    with open_trial(referenced(of(house)), stage, watched=False) as trial:
        attempt = trial.world.start(stage.rest, failpoint=failpoint(place, "kill9"))
        trial.expect(holds=attempt.process.wait() == -9, otherwise="the place was not reached")
        trial.record(attempt.end())
        trial.rerun()
    return trial.outcome


def twin(house: House, place: str, stage: Stage, of: HouseOf = night_house.of) -> Outcome:
    """Let a second attempt publish the night during the first attempt's pause."""
    with open_trial(referenced(of(house)), stage, watched=False) as trial:
        is_reached = paused(trial, place, lambda: _publish(trial))
        trial.expect(holds=is_reached, otherwise="the place was not reached")
        trial.rerun()
    return trial.outcome


def _publish(trial: basis.Trial) -> None:
    trial.rerun()


def late(house: House) -> Outcome:
    """Deliver more sales of a published night: the night keeps its rows, bit for bit."""
    with open_trial(referenced(night_house.of(house)), Stage.VALIDATED, watched=False) as trial:
        trial.rerun()
        trial.world.deliver("late.csv", night_house.late_sales(), night_house.FOLDER)
        trial.rerun()
    return trial.outcome


def referenced(house: House) -> House:
    """Return a house whose night was decided once without a fault."""
    if "digest" not in house.reference:
        basis.reference(house)
    return house


def gate(house: House, how: Skip, of: HouseOf = night_house.of) -> Outcome:
    """Bypass a gate of the night."""
    return skip(referenced(of(house)), how, watched=False)


def cases() -> Iterator[Case]:
    """Yield every fault of the nightly job."""
    for place, stage in PLACES.items():
        run = partial(kill, place=place, stage=stage)
        yield Case(KILLED, place, "a plain re-run publishes the night, once", run)
    run = partial(twin, place="before_publish", stage=Stage.VALIDATED)
    yield Case(TWICE, "before_publish", "one publishes, the other leaves no trace", run)
    for place, how in SKIPS.items():
        yield Case(
            SKIPPED,
            place,
            "refused; published once every gate has looked",
            partial(gate, how=how),
        )
    yield Case(LATE, "a published night", "the night keeps its customers and segments", late)
