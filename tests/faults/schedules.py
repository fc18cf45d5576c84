"""Draw schedules: deliveries, runs, promotions and faults in a random order.

A state machine of hypothesis draws them. Rules act on a world, the model records the expected
result of every row, and the same invariants hold at the end. Examples are not shrunk, because each
takes a minute: the table shows every step, and the seed repeats them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import ClassVar

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.faults import deliveries, invariants
from tests.faults.cases import Case, Outcome, open_trial
from tests.faults.deliveries import FIRST, HOUR, SECOND
from tests.faults.drawn_faults import FAULTS, INGEST_PLACES, PLACES, Fault
from tests.faults.flow import WindowRequest
from tests.faults.house import House, Stage

RULES_PER_SCHEDULE = 16
FAULTS_PER_SCHEDULE = 6


class Schedule(RuleBasedStateMachine):
    """Hold a world, its steps so far, and the expected result of every row."""

    house: ClassVar[House]
    played: ClassVar[list[Outcome]]

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.delivered = [deliveries.first_window(), deliveries.second_window()]
        self.waiting = True  # the landing folder holds a file that no run has read
        self.next_start = SECOND
        self.skipped: list[datetime] = []
        self.decided_rows: list[deliveries.Row] = []
        self.revisions: dict[str, int] = {}
        self.promoted = False
        self.faults = 0
        self.story: list[str] = []

    # ------------------------------------------------------------ rules

    @initialize(number=st.integers(0, 2**32))
    def begin(self, number: int) -> None:
        """Take a copy of the template; example number 0, the simplest, is no schedule."""
        hypothesis.assume(number)
        self.trial = self.closing.enter_context(
            open_trial(self.house, Stage.WAITING, same_decisions=False)
        )
        self._run_next(random.Random(number), FAULTS[number % len(FAULTS)])  # noqa: S311

    @rule(draw=st.randoms(use_true_random=True))
    def deliver(self, draw: random.Random) -> None:
        """Deliver rows of the next window, with late rows and corrections of decided rows."""
        self._deliver(draw)

    def _deliver(self, draw: random.Random) -> None:
        prefix = f"s{len(self.delivered)}"
        corrected = draw.sample(self.decided_rows, min(2, len(self.decided_rows)))
        late_from = FIRST if draw.random() < 0.5 else None
        file = deliveries.a_window(
            draw, prefix, self.next_start, 60, late_from=late_from, corrected=corrected
        )
        self.trial.world.deliver(file.name, file.content)
        self.delivered.append(file)
        self.waiting = True
        self.story.append("delivered")

    @rule(draw=st.randoms(use_true_random=True))
    def deliver_again(self, draw: random.Random) -> None:
        """Deliver the bytes of an earlier file under another name."""
        file = draw.choice(self.delivered)
        self.trial.world.deliver(f"again-{len(self.story)}.csv", file.content)
        self.story.append("delivered again")

    @rule()
    def promote(self) -> None:
        """Move the champion."""
        self.promoted = not self.promoted
        self.story.append("promoted")

    @precondition(lambda self: self.waiting)
    @rule()
    def skip(self) -> None:
        """Leave a window out, for a backfill."""
        self.skipped.append(self.next_start)
        self.next_start += HOUR
        self.story.append("skipped")

    @precondition(lambda self: self.may_break)
    @rule(draw=st.randoms(use_true_random=True), fault=st.sampled_from(FAULTS))
    def run_next(self, draw: random.Random, fault: Fault) -> None:
        """Run the next window, broken at a drawn place."""
        self._run_next(draw, fault)

    def _run_next(self, draw: random.Random, fault: Fault) -> None:
        self._broken(WindowRequest(self.next_start, self.next_start + HOUR), fault, draw)
        self.next_start += HOUR

    @precondition(lambda self: self.may_break and self.skipped)
    @rule(draw=st.randoms(use_true_random=True), fault=st.sampled_from(FAULTS))
    def backfill(self, draw: random.Random, fault: Fault) -> None:
        """Run an omitted window."""
        start = self.skipped.pop(draw.randrange(len(self.skipped)))
        self._broken(WindowRequest(start, start + HOUR, "backfill"), fault, draw)

    @precondition(lambda self: self.may_break)
    @rule(draw=st.randoms(use_true_random=True), fault=st.sampled_from(FAULTS))
    def restate(self, draw: random.Random, fault: Fault) -> None:
        """Decide a few rows again in their newest versions."""
        rows = draw.sample(self.decided_rows, min(3, len(self.decided_rows)))
        ids = tuple(sorted({row["transaction_id"] for row in rows}))
        requested_by = (
            f"ann (manual__{len(self.story)})"  # every request has an Airflow run of its own
        )
        request = WindowRequest(
            FIRST, FIRST + HOUR, "restate", requested_by, "a correction", restated_ids=ids
        )
        self._broken(request, fault, draw)
        for name in ids:
            self.revisions[name] = self.revisions.get(name, 1) + 1

    def teardown(self) -> None:
        """Run the omitted windows, then one more window for late rows, all without a fault."""
        if not self.faults:
            return
        with self.closing:
            for start in [*sorted(self.skipped), self.next_start, self.next_start + HOUR]:
                self.trial.rerun(WindowRequest(start, start + HOUR, pins=self._pins()))
            expected = invariants.expected(self.delivered)
            self.trial.expected = replace(expected, revisions=self.revisions)
        self.trial.outcome.seen = f"{len(self.delivered)} files; {'; '.join(self.story)}"
        self.trial.outcome.faults = self.faults
        self.played.append(self.trial.outcome)

    # ------------------------------------------------------------ the model

    def _places(self, request: WindowRequest) -> list[str]:
        """Return the places at which a run may be broken: without a pending file, it parses none.

        It also scores no row then, unless it is a restatement.
        """
        is_scoring = self.waiting or request.kind == "restate"
        return [
            place
            for place in PLACES
            if (self.waiting or place not in INGEST_PLACES)
            and (is_scoring or not place.startswith("mid_"))
        ]

    @property
    def may_break(self) -> bool:
        """Return whether there is time for one more fault."""
        return self.faults < FAULTS_PER_SCHEDULE

    def _broken(self, request: WindowRequest, fault: Fault, draw: random.Random) -> None:
        """Run a window with a fault, then without one until it is published."""
        request = replace(request, pins=self._pins())
        result = fault(self.trial, request, self._places(request), draw)
        self.faults += 1
        if draw.random() < 0.3:
            self._deliver(draw)
        again = self.trial.rerun(request)
        self.story.append(f"{request.kind} {result}, re-run {again}")
        self._count()

    def _pins(self) -> dict[str, object]:
        return self.house.other_pins if self.promoted else self.house.pins

    def _count(self) -> None:
        """Record the decided rows: corrections and restatements are drawn from them."""
        decided = {
            name
            for (name,) in self.trial.world.rows(
                "select transaction_id from decisions.transaction_decisions where revision = 0"
            )
        }
        self.decided_rows = [
            row
            for file in self.delivered
            for row in file.rows
            if row["transaction_id"] in decided and row["transaction_id"] in file.accepted
        ]
        self.waiting = False


def play(house: House, seed: int) -> Outcome:
    """Play the schedule that a seed draws."""

    @hypothesis.seed(seed)
    class Seeded(Schedule):
        """Run the state machine for one seed and one house."""

    Seeded.house, Seeded.played = house, []
    run_state_machine_as_test(
        Seeded,
        settings=hypothesis.settings(
            max_examples=1,
            stateful_step_count=RULES_PER_SCHEDULE,
            phases=(hypothesis.Phase.generate,),
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
            verbosity=hypothesis.Verbosity.quiet,
        ),
    )
    outcome, *others = Seeded.played
    for earlier in others:  # an example that hypothesis abandoned was played too
        outcome.verdict.add(earlier.verdict)
        outcome.faults += earlier.faults
        outcome.seen += f"; and before: {earlier.seen}"
        outcome.seconds = max(outcome.seconds, earlier.seconds)
    return outcome


def cases(seed: int, count: int) -> Iterator[Case]:
    """Yield a number of schedules from one seed."""
    for number in range(count):
        yield Case(
            "drawn schedule",
            f"seed {seed + number}",
            "every row decided once, whatever was drawn",
            partial(play, seed=seed + number),
            breaks_server=True,
        )
