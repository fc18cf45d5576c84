"""What a case is: one fault at one place, and the look at everything after a plain re-run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults import flow, invariants
from tests.faults.flow import Asked, Told
from tests.faults.house import House, Stage
from tests.faults.invariants import Expected, Verdict
from tests.faults.reading import reading
from tests.faults.world import World

RETRIES = 2  # of a task, in every DAG


class NotRunError(Exception):
    """The machine forbids this fault; says why."""


@dataclass
class Outcome:
    """What a case has seen."""

    seen: str = ""
    seconds: float = 0.0  # from the fault's end, or the re-run's start, to a published window
    verdict: Verdict = field(default_factory=Verdict)
    faults: int = 1

    @property
    def holds(self) -> bool:
        """Whether nothing is lost, nothing doubled, and nothing else is wrong."""
        return not (self.verdict.lost or self.verdict.doubled or self.verdict.problems)


@dataclass(frozen=True)
class Case:
    """One fault at one place."""

    fault: str
    place: str
    expected: str
    run: Callable[[House], Outcome]
    breaks_server: bool = False  # a crash empties what is unlogged, so these come last

    @property
    def name(self) -> str:
        """The name by which `--only` finds it."""
        return f"{self.fault}@{self.place}"


@dataclass
class Trial:
    """A world in which a fault is about to happen, and what is noted of it."""

    house: House
    world: World
    stage: Stage
    wanted: Expected
    same_decisions: bool
    outcome: Outcome = field(default_factory=Outcome)

    def expect(self, *, holds: bool, otherwise: str) -> None:
        """Note a problem where something does not hold."""
        if not holds:
            self.outcome.verdict.problems.append(otherwise)

    def heard(self, told: Told) -> Told:
        """Check the words of an attempt, and take them into what was seen."""
        self.outcome.verdict.problems += invariants.message_problems(told, self.world)
        words = "succeeded" if told.ok else f"{told.step}: {told.error}"
        self.outcome.seen = f"{self.outcome.seen}; {words}".lstrip("; ")
        return told

    def rerun(self, asked: Asked | None = None, tries: int = 1) -> Told:
        """Run everything again, plainly; only this must succeed.

        Args:
            asked: the window.
            tries: as Airflow's retries; 1 is none.
        """
        started = time.monotonic()
        for _ in range(tries):
            told = self.heard(self.world.run(self.stage.rest, asked))
            if told.ok:
                break
        else:
            self.outcome.verdict.problems.append(f"the plain re-run failed: {told}")
        self.outcome.seconds = max(self.outcome.seconds, time.monotonic() - started)
        return told

    def retried(self, told: Told) -> Told:
        """Try the step again that an attempt has ended in, and no step before it, as Airflow does.

        Every step after it runs as usual. An error that Airflow would not try again is a problem.
        """
        started = time.monotonic()
        for _ in range(RETRIES):
            if told.ok:
                break
            self.expect(
                holds=told.error not in _fatal(), otherwise=f"Airflow would not retry: {told}"
            )
            rest = flow.STEPS[flow.STEPS.index(told.step) :]
            told = self.heard(self.world.run(rest, receipts=told.receipts))
        self.expect(holds=told.ok, otherwise=f"the retries failed: {told}")
        self.outcome.seconds = max(self.outcome.seconds, time.monotonic() - started)
        return told

    def give_up(self, reason: str) -> None:
        """Mark the open run failed, as the DAG does for a task that failed for good."""
        import psycopg

        from scoring.runs import lifecycle

        with psycopg.connect(self.world.conninfo("score"), autocommit=True) as connection:
            for (run_id,) in self.world.rows(
                "select run_id from decisions.runs where state not in ('published', 'failed')"
            ):
                lifecycle.fail(connection, run_id, reason)

    def look(self) -> None:
        """Check every invariant."""
        digest = self.house.reference.get("digest") if self.same_decisions else None
        self.outcome.verdict.add(invariants.look(self.world, self.wanted, digest=digest))


def _fatal() -> set[str]:
    """Return the names of the errors that Airflow does not try again, with all their kinds."""
    import features.ingest  # noqa: F401 - it has kinds of its own
    from expectations.errors import GateFailedError
    from features.platform.errors import (
        BadDeliveryError,
        ConfigurationError,
        ContractError,
        FencedError,
    )

    found = {BadDeliveryError, ConfigurationError, ContractError, FencedError, GateFailedError}
    for kind in list(found):
        found |= {*kind.__subclasses__()}
    return {kind.__name__ for kind in found}


@contextmanager
def trial(
    house: House,
    stage: Stage,
    *,
    wanted: Expected | None = None,
    same_decisions: bool = True,
    watched: bool = True,
) -> Iterator[Trial]:
    """Give a world, read beside it, and look at everything when the case is through.

    Args:
        house: where the templates are.
        stage: how far the second window has come.
        wanted: what must be decided in the end; None is both windows.
        same_decisions: the decisions must be those of a run without a fault.
        watched: an analyst reads all the time.
    """
    with house.world(stage) as world:
        found = Trial(house, world, stage, wanted or invariants.usual(), same_decisions)
        log = house.cluster.folder / "postgres.log"
        position = log.stat().st_size
        if watched:
            with reading(world) as reader:
                yield found
            found.expect(holds=reader.reads > 0, otherwise="the analyst could not read at all")
            found.outcome.verdict.problems += reader.problems
        else:
            yield found
        found.look()
        found.outcome.verdict.problems += invariants.leaks(world)
        found.outcome.verdict.problems += invariants.server_log_leaks(
            log, position, [*house.passwords.values(), house.cluster.password]
        )


def reference(house: House) -> None:
    """Decide the second window without a fault: what every other case is held against."""
    with house.world(Stage.BUILT) as world:
        told = world.run(Stage.BUILT.rest)
        verdict = invariants.look(world, invariants.usual())
        problems = verdict.problems + invariants.leaks(world)
        if not told.ok or problems or verdict.lost or verdict.doubled:
            raise RuntimeError(f"without any fault: {told}; {verdict}; {problems}")
        house.reference["digest"] = invariants.digest_of(world)
