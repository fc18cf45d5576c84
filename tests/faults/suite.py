"""Run all cases in order, one after the other, and collect their results."""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.faults import (
    arrival_faults,
    connection_faults,
    file_faults,
    form_faults,
    gate_faults,
    model_faults,
    model_file_faults,
    night_faults,
    noticing,
    order_faults,
    people_faults,
    process_faults,
    registry_faults,
    schedules,
    series_faults,
    server_faults,
    shadow_faults,
    store_faults,
    tamper_faults,
)
from tests.faults import cases as basis
from tests.faults.cases import Case, NotRunError, Outcome
from tests.faults.house import House

SCHEDULES = 8  # drawn schedules, of several faults each


@dataclass(frozen=True)
class Result:
    """Hold one row of the table."""

    case: Case
    outcome: Outcome | None  # None: not run
    text: str
    seconds: float

    @property
    def holds(self) -> bool | None:
        """Return whether the case holds; None if it was not run."""
        return None if self.outcome is None else self.outcome.holds

    @property
    def word(self) -> str:
        """Return the word of the table for this result."""
        return {None: "not run", True: "holds", False: "DOES NOT HOLD"}[self.holds]

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for the report."""
        outcome = self.outcome or Outcome(faults=0)
        return {
            "fault": self.case.fault,
            "place": self.case.place,
            "expected": self.case.expected,
            "seen": self.text,
            "holds": self.holds,
            "faults": outcome.faults,
            "rows_lost": outcome.verdict.lost,
            "rows_doubled": outcome.verdict.doubled,
            "recovery_seconds": round(outcome.seconds, 2),
        }


#: The modules of the fixed cases, by the name of their group.
GROUPS = {
    "noticing": (noticing,),
    "processes": (process_faults,),
    "server": (server_faults,),
    "gates": (gate_faults,),
    "nights": (night_faults, series_faults),
    "connections": (connection_faults,),
    "files": (file_faults, arrival_faults, order_faults),
    "models": (model_faults, model_file_faults, shadow_faults),
    "store": (store_faults,),
    "people": (people_faults,),
    "forms": (form_faults,),
    "registry": (registry_faults,),
    "tampering": (tamper_faults,),
}


def fixed_cases() -> list[Case]:
    """Return every fixed case."""
    return [case for group in GROUPS for case in _cases(group)]


def plan(count: int | None, seed: int) -> list[Case]:
    """Return the cases of a run: all of them, or a number of cases of as many kinds as possible."""
    everything = [*fixed_cases(), *schedules.cases(seed, SCHEDULES)]
    return everything if count is None else choose(everything, count, seed)


def named(names: Sequence[str], seed: int) -> list[Case]:
    """Return the cases of the named groups, and those whose own name contains one of the names."""
    of_groups = {case.name for name in names if name in GROUPS for case in _cases(name)}
    return [
        case
        for case in plan(None, seed)
        if case.name in of_groups or any(name in case.name for name in names)
    ]


def _cases(group: str) -> list[Case]:
    return [case for module in GROUPS[group] for case in module.cases()]


def choose(cases: Sequence[Case], count: int, seed: int) -> list[Case]:
    """Return `count` cases of as many kinds as possible; the same seed gives the same cases."""
    draw = random.Random(seed)  # noqa: S311 - a choice of tests
    by_fault: dict[str, list[Case]] = {}
    for case in cases:
        by_fault.setdefault(case.fault, []).append(case)
    for group in by_fault.values():
        draw.shuffle(group)
    groups = list(by_fault.values())
    draw.shuffle(groups)
    chosen: list[Case] = []
    while len(chosen) < min(count, len(cases)):
        for group in groups:
            if group and len(chosen) < count:
                chosen.append(group.pop())
    return chosen


def in_order(cases: Iterable[Case]) -> list[Case]:
    """Return cases with those that crash the server last."""
    return sorted(cases, key=lambda case: case.breaks_server)


def run(house: House, cases: Sequence[Case], on_result: Callable[[Result], None]) -> list[Result]:
    """Run cases one after the other."""
    if "digest" not in house.reference:
        basis.reference(house)
    results = []
    for case in cases:
        result = run_one(house, case)
        on_result(result)
        results.append(result)
    return results


def run_one(house: House, case: Case) -> Result:
    """Run one case; an error of the suite is a case that does not hold."""
    started = time.monotonic()
    outcome: Outcome | None
    try:
        outcome = case.run(house)
        text = "; ".join([outcome.seen, *outcome.verdict.problems])
    except NotRunError as reason:
        outcome, text = None, str(reason)
    except Exception as error:  # noqa: BLE001 - the suite continues and reports the error
        outcome = Outcome()
        outcome.verdict.problems.append(f"{type(error).__name__}: {error}")
        text = "".join(traceback.format_exception(error))
    return Result(case, outcome, text, time.monotonic() - started)
