"""Schedules that nobody wrote down: deliveries, runs, promotions and faults in a drawn order.

In the spirit of a state machine of hypothesis, with a seed for a whole schedule: rules are drawn,
the model keeps what must have become of every row, and the same invariants hold at the end.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from tests.faults import deliveries, invariants, process_faults
from tests.faults.cases import Case, Outcome, Trial, trial
from tests.faults.connection_faults import COPIES, STATEMENTS, Proxy
from tests.faults.deliveries import FIRST, HOUR, SECOND, Delivery
from tests.faults.flow import STEPS, Asked
from tests.faults.house import House, Stage
from tests.faults.processes import Pause

FAULTS_PER_SCHEDULE = 6
#: Passed whatever the window holds; a second chunk or a second file there may not be.
PLACES = tuple(place for place in process_faults.PLACES if place[-2:] not in {"@2", "@3"})
_INGEST = {"before_rejects@1", "after_landed_copy@1", "after_raw_copy@1"}


@dataclass
class Schedule:
    """What was done so far, and what must have become of every row."""

    found: Trial
    draw: random.Random
    delivered: list[Delivery] = field(default_factory=list)
    waiting: bool = True  # a file lies in the landing folder that nobody has looked at
    next_start: datetime = SECOND
    skipped: list[datetime] = field(default_factory=list)
    decided_rows: list[deliveries.Row] = field(default_factory=list)
    revisions: dict[str, int] = field(default_factory=dict)
    promoted: bool = False
    faults: int = 0
    story: list[str] = field(default_factory=list)

    # ------------------------------------------------------------ rules

    def deliver(self) -> None:
        """Deliver rows of the next window, with late rows and corrections of decided ones."""
        prefix = f"s{len(self.delivered)}"
        corrected = self.draw.sample(self.decided_rows, min(2, len(self.decided_rows)))
        late_from = FIRST if self.draw.random() < 0.5 else None
        file = deliveries.a_window(
            self.draw, prefix, self.next_start, 60, late_from=late_from, corrected=corrected
        )
        self.found.world.deliver(file.name, file.content)
        self.delivered.append(file)
        self.waiting = True
        self.story.append("delivered")

    def deliver_again(self) -> None:
        """Deliver the bytes of an earlier file under another name."""
        file = self.draw.choice(self.delivered)
        self.found.world.deliver(f"again-{len(self.story)}.csv", file.content)
        self.story.append("delivered again")

    def promote(self) -> None:
        """Move the champion."""
        self.promoted = not self.promoted
        self.story.append("promoted")

    def skip(self) -> None:
        """Leave a window out, for a backfill."""
        if self.waiting:
            self.skipped.append(self.next_start)
            self.next_start += HOUR
            self.story.append("skipped")

    def run(self) -> None:
        """Run the next window, broken at a drawn place."""
        self._broken(Asked(self.next_start, self.next_start + HOUR))
        self.next_start += HOUR

    def backfill(self) -> None:
        """Run a window that was left out."""
        if self.skipped:
            start = self.skipped.pop(self.draw.randrange(len(self.skipped)))
            self._broken(Asked(start, start + HOUR, "backfill"))

    def restate(self) -> None:
        """Decide a few rows again, as they stand now."""
        rows = self.draw.sample(self.decided_rows, min(3, len(self.decided_rows)))
        ids = tuple(sorted({row["transaction_id"] for row in rows}))
        number = len(self.story)
        asked = Asked(
            FIRST, FIRST + HOUR, "restate", f"ann {number}", "a correction", restated_ids=ids
        )
        self._broken(asked, once=True)
        for name in ids:
            self.revisions[name] = self.revisions.get(name, 1) + 1

    # ------------------------------------------------------------ faults

    def _broken(self, asked: Asked, *, once: bool = False) -> None:
        """Run a window with a drawn fault, then plainly until it is published.

        Args:
            asked: the window.
            once: a second whole run would decide again, so the re-run must find the first open.
        """
        asked = replace(asked, pins=self._pins())
        faults: list[Callable[[Asked], str]] = [self._kill, self._fail, self._sessions, self._crash]
        if not once:
            faults += [self._freeze, self._cut]
        told = self.draw.choice(faults)(asked)
        self.faults += 1
        if self.draw.random() < 0.3:
            self.deliver()
        if once and self._is_published(asked):
            self.story.append(f"{asked.kind} {told}, published already")
        else:
            again = self.found.rerun(replace(asked, pins=self._pins()))
            self.story.append(f"{asked.kind} {told}, re-run {again}")
        self._count()

    def _is_published(self, asked: Asked) -> bool:
        found = self.found.world.rows(
            "select state from decisions.runs where requested_by = %s", asked.requested_by
        )
        return ("published",) in found

    def _place(self) -> str:
        places = [place for place in PLACES if self.waiting or place not in _INGEST]
        if not self.waiting:  # nothing may be claimed, and then there is no chunk
            places = [place for place in places if not place.startswith("mid_")]
        return self.draw.choice(places)

    def _kill(self, asked: Asked) -> str:
        place = self._place()
        point = process_faults.failpoint(place, "kill9")
        self.found.world.run(STEPS, asked, failpoint=point)
        return f"killed at {place}"

    def _fail(self, asked: Asked) -> str:
        place = self._place()
        point = process_faults.failpoint(place, "raise")
        self.found.world.run(STEPS, asked, failpoint=point)
        return f"failed at {place}"

    def _sessions(self, asked: Asked) -> str:
        place = self._place()
        self._paused(asked, place, lambda: self.found.world.execute(process_faults.END_SESSIONS))
        return f"sessions ended at {place}"

    def _crash(self, asked: Asked) -> str:
        place = self._place()

        def crash() -> None:
            self.found.house.cluster.stop("immediate")
            self.found.house.cluster.start()

        self._paused(asked, place, crash)
        return f"server crash at {place}"

    def _paused(self, asked: Asked, place: str, act: Callable[[], None]) -> None:
        pause = Pause()
        attempt = self.found.world.start(STEPS, asked, at={place: pause.here})
        if attempt.process.wait_at(pause):
            act()
            pause.release()
        attempt.end()
        pause.close()

    def _freeze(self, asked: Asked) -> str:
        place = self._place()
        point = process_faults.failpoint(place, "stop")
        orphan = self.found.world.start(STEPS, asked, failpoint=point)
        if orphan.process.wait_frozen():
            self.found.rerun(asked)
            orphan.process.thaw()
        orphan.end()
        return f"frozen at {place}"

    def _cut(self, asked: Asked) -> str:
        import socket

        how, places = self.draw.choice(
            [
                ("commit lost", STATEMENTS),
                ("commit unanswered", STATEMENTS),
                ("cut in a copy", COPIES),
            ]
        )
        place = self.draw.choice(sorted(places))
        listener = socket.create_server(("127.0.0.1", 0))
        touched = self.found.world.folder / f"cut-{len(self.story)}"
        port = self.found.house.cluster.port
        proxy = Proxy(listener, port, places[place][1], how, touched)
        process = self.found.world.spawn(proxy.serve, f"proxy-{len(self.story)}")
        self.found.world.run(
            STEPS,
            asked,
            environment={
                "SCORING_WAREHOUSE__PORT": str(listener.getsockname()[1]),
                "PGSSLMODE": "disable",
            },
        )
        process.kill()
        listener.close()
        return f"{how} at {place}"

    # ------------------------------------------------------------ the model

    def _pins(self) -> dict[str, object]:
        return self.found.house.other_pins if self.promoted else self.found.house.pins

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

    def finish(self) -> None:
        """Run what was left out, then one more window for what came late, all without a fault."""
        for start in [*sorted(self.skipped), self.next_start, self.next_start + HOUR]:
            self.found.rerun(Asked(start, start + HOUR, pins=self._pins()))
        wanted = invariants.expected(self.delivered)
        self.found.wanted = replace(wanted, revisions=self.revisions)


def play(house: House, seed: int) -> Outcome:
    """Play one schedule."""
    with trial(house, Stage.WAITING, same_decisions=False) as found:
        draw = random.Random(seed)  # noqa: S311 - a schedule of tests
        schedule = Schedule(found, draw, [deliveries.first_window(), deliveries.second_window()])
        schedule.run()
        rules = {
            schedule.deliver: 3,
            schedule.run: 4,
            schedule.skip: 1,
            schedule.backfill: 2,
            schedule.restate: 2,
            schedule.promote: 1,
            schedule.deliver_again: 1,
        }
        while schedule.faults < FAULTS_PER_SCHEDULE:
            draw.choices(list(rules), weights=list(rules.values()))[0]()
        schedule.finish()
        found.outcome.seen = f"{len(schedule.delivered)} files; {'; '.join(schedule.story)}"
        found.outcome.faults = schedule.faults
    return found.outcome


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
