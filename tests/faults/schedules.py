"""Schedules that nobody wrote down: deliveries, runs, promotions and faults in a drawn order.

A state machine of hypothesis draws them: rules act on a world, the model keeps what must have
become of every row, and the same invariants hold at the end. Nothing is shrunk, as every example
takes a minute: the table tells the whole story, and the seed tells it again.
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
from tests.faults.cases import Case, Outcome, trial
from tests.faults.deliveries import FIRST, HOUR, SECOND
from tests.faults.drawn_faults import FAULTS, INGEST_PLACES, PLACES, Fault
from tests.faults.flow import Asked
from tests.faults.house import House, Stage

RULES_PER_SCHEDULE = 16
FAULTS_PER_SCHEDULE = 6


class Schedule(RuleBasedStateMachine):
    """A world, what was done in it so far, and what must have become of every row."""

    house: ClassVar[House]
    played: ClassVar[list[Outcome]]

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.delivered = [deliveries.first_window(), deliveries.second_window()]
        self.waiting = True  # a file lies in the landing folder that nobody has looked at
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
        """Take a copy of the template; the simplest example of all, number 0, is no schedule."""
        hypothesis.assume(number)
        self.found = self.closing.enter_context(
            trial(self.house, Stage.WAITING, same_decisions=False)
        )
        self._run_next(random.Random(number), FAULTS[number % len(FAULTS)])  # noqa: S311

    @rule(draw=st.randoms(use_true_random=True))
    def deliver(self, draw: random.Random) -> None:
        """Deliver rows of the next window, with late rows and corrections of decided ones."""
        self._deliver(draw)

    def _deliver(self, draw: random.Random) -> None:
        prefix = f"s{len(self.delivered)}"
        corrected = draw.sample(self.decided_rows, min(2, len(self.decided_rows)))
        late_from = FIRST if draw.random() < 0.5 else None
        file = deliveries.a_window(
            draw, prefix, self.next_start, 60, late_from=late_from, corrected=corrected
        )
        self.found.world.deliver(file.name, file.content)
        self.delivered.append(file)
        self.waiting = True
        self.story.append("delivered")

    @rule(draw=st.randoms(use_true_random=True))
    def deliver_again(self, draw: random.Random) -> None:
        """Deliver the bytes of an earlier file under another name."""
        file = draw.choice(self.delivered)
        self.found.world.deliver(f"again-{len(self.story)}.csv", file.content)
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
        self._broken(Asked(self.next_start, self.next_start + HOUR), fault, draw)
        self.next_start += HOUR

    @precondition(lambda self: self.may_break and self.skipped)
    @rule(draw=st.randoms(use_true_random=True), fault=st.sampled_from(FAULTS))
    def backfill(self, draw: random.Random, fault: Fault) -> None:
        """Run a window that was left out."""
        start = self.skipped.pop(draw.randrange(len(self.skipped)))
        self._broken(Asked(start, start + HOUR, "backfill"), fault, draw)

    @precondition(lambda self: self.may_break)
    @rule(draw=st.randoms(use_true_random=True), fault=st.sampled_from(FAULTS))
    def restate(self, draw: random.Random, fault: Fault) -> None:
        """Decide a few rows again, as they stand now."""
        rows = draw.sample(self.decided_rows, min(3, len(self.decided_rows)))
        ids = tuple(sorted({row["transaction_id"] for row in rows}))
        who = f"ann (manual__{len(self.story)})"  # every wish has an Airflow run of its own
        asked = Asked(FIRST, FIRST + HOUR, "restate", who, "a correction", restated_ids=ids)
        self._broken(asked, fault, draw)
        for name in ids:
            self.revisions[name] = self.revisions.get(name, 1) + 1

    def teardown(self) -> None:
        """Run what was left out, then one more window for what came late, all without a fault."""
        if not self.faults:
            return
        with self.closing:
            for start in [*sorted(self.skipped), self.next_start, self.next_start + HOUR]:
                self.found.rerun(Asked(start, start + HOUR, pins=self._pins()))
            wanted = invariants.expected(self.delivered)
            self.found.wanted = replace(wanted, revisions=self.revisions)
        self.found.outcome.seen = f"{len(self.delivered)} files; {'; '.join(self.story)}"
        self.found.outcome.faults = self.faults
        self.played.append(self.found.outcome)

    # ------------------------------------------------------------ the model

    def _places(self, asked: Asked) -> list[str]:
        """Where a run may be broken: with no file waiting, it parses nothing.

        Nor does it score anything then, unless it decides again.
        """
        is_scoring = self.waiting or asked.kind == "restate"
        return [
            place
            for place in PLACES
            if (self.waiting or place not in INGEST_PLACES)
            and (is_scoring or not place.startswith("mid_"))
        ]

    @property
    def may_break(self) -> bool:
        """Whether there is time for one fault more."""
        return self.faults < FAULTS_PER_SCHEDULE

    def _broken(self, asked: Asked, fault: Fault, draw: random.Random) -> None:
        """Run a window with a fault, then plainly until it is published."""
        asked = replace(asked, pins=self._pins())
        told = fault(self.found, asked, self._places(asked), draw)
        self.faults += 1
        if draw.random() < 0.3:
            self._deliver(draw)
        again = self.found.rerun(asked)
        self.story.append(f"{asked.kind} {told}, re-run {again}")
        self._count()

    def _pins(self) -> dict[str, object]:
        return self.house.other_pins if self.promoted else self.house.pins

    def _count(self) -> None:
        """Remember which rows are decided: corrections and restatements are drawn of them."""
        decided = {
            name
            for (name,) in self.found.world.rows(
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
    """Play the one schedule that a seed draws."""

    @hypothesis.seed(seed)
    class Seeded(Schedule):
        """A machine for one seed and one house."""

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
    for other in others:  # an example that hypothesis gave up halfway was played all the same
        outcome.verdict.add(other.verdict)
        outcome.faults += other.faults
        outcome.seen += f"; and before: {other.seen}"
        outcome.seconds = max(outcome.seconds, other.seconds)
    return outcome


def cases(seed: int, count: int) -> Iterator[Case]:
    """Yield so many schedules of a seed."""
    for number in range(count):
        yield Case(
            "drawn schedule",
            f"seed {seed + number}",
            "every row decided once, whatever was drawn",
            partial(play, seed=seed + number),
            breaks_server=True,
        )
