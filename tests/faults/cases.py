"""Define a case: one fault at one place, a plain re-run, and a check of every invariant."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults import flow, invariants
from tests.faults.flow import Ending, WindowRequest
from tests.faults.house import House, Stage
from tests.faults.invariants import Expected, Verdict
from tests.faults.reading import reading
from tests.faults.world import World

RETRIES = 2  # of a task, in every DAG


class NotRunError(Exception):
    """The machine forbids this fault; the message gives the reason."""


@dataclass
class Outcome:
    """Hold the observations of a case."""

    seen: str = ""
    # from the end of the fault, or the start of the re-run, to a published window
    seconds: float = 0.0
    verdict: Verdict = field(default_factory=Verdict)
    faults: int = 1

    @property
    def holds(self) -> bool:
        """Return whether no row is lost, no row is doubled, and no other problem exists."""
        return not (self.verdict.lost or self.verdict.doubled or self.verdict.problems)


@dataclass(frozen=True)
class Case:
    """Describe one fault at one place."""

    fault: str
    place: str
    expected: str
    run: Callable[[House], Outcome]
    breaks_server: bool = False  # a crash empties the unlogged tables, so these cases come last

    @property
    def name(self) -> str:
        """Return the name that `--only` matches."""
        return f"{self.fault}@{self.place}"


@dataclass
class Trial:
    """Hold a world for one fault, and the observations on it."""

    house: House
    world: World
    stage: Stage
    expected: Expected
    same_decisions: bool
    outcome: Outcome = field(default_factory=Outcome)

    def expect(self, *, holds: bool, otherwise: str) -> None:
        """Record a problem if a condition does not hold."""
        if not holds:
            self.outcome.verdict.problems.append(otherwise)

    def record(self, result: Ending) -> Ending:
        """Check the message of an attempt and add it to the observations."""
        self.outcome.verdict.problems += invariants.message_problems(result, self.world)
        words = "succeeded" if result.ok else f"{result.step}: {result.error}"
        self.outcome.seen = f"{self.outcome.seen}; {words}".lstrip("; ")
        return result

    def rerun(self, request: WindowRequest | None = None, tries: int = 1) -> Ending:
        """Run all steps again without a fault; this run must succeed.

        Args:
            request: the window.
            tries: as Airflow's retries; 1 is none.
        """
        started = time.monotonic()
        for _ in range(tries):
            result = self.record(self.world.run(self.stage.rest, request))
            if result.ok:
                break
        else:
            self.outcome.verdict.problems.append(f"the plain re-run failed: {result}")
        self.outcome.seconds = max(self.outcome.seconds, time.monotonic() - started)
        return result

    def retry(self, result: Ending) -> Ending:
        """Retry the step in which an attempt ended, and no step before it, as Airflow does.

        Every later step runs as usual. An error that Airflow would not retry is a problem.
        """
        started = time.monotonic()
        for _ in range(RETRIES):
            if result.ok:
                break
            self.expect(
                holds=result.error not in fatal_errors(),
                otherwise=f"Airflow would not retry: {result}",
            )
            rest = flow.STEPS[flow.STEPS.index(result.step) :]
            result = self.record(self.world.run(rest, receipts=result.receipts))
        self.expect(holds=result.ok, otherwise=f"the retries failed: {result}")
        self.outcome.seconds = max(self.outcome.seconds, time.monotonic() - started)
        return result

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
        self.outcome.verdict.add(invariants.look(self.world, self.expected, digest=digest))


def fatal_errors() -> set[str]:
    """Return the names of the errors that Airflow does not retry, with all their subclasses."""
    import features.ingest  # noqa: F401 - it has subclasses of its own
    from expectations.errors import GateFailedError
    from features.platform.errors import (
        BadDeliveryError,
        ConfigurationError,
        ContractError,
        FencedError,
    )

    kinds = {BadDeliveryError, ConfigurationError, ContractError, FencedError, GateFailedError}
    for kind in list(kinds):
        kinds |= {*kind.__subclasses__()}
    return {kind.__name__ for kind in kinds}


@contextmanager
def open_trial(
    house: House,
    stage: Stage,
    *,
    expected: Expected | None = None,
    same_decisions: bool = True,
    watched: bool = True,
) -> Iterator[Trial]:
    """Open a world, read beside it, and check every invariant when the case has ended.

    Args:
        house: the house with the templates.
        stage: the stage that the second window has reached.
        expected: the rows that must be decided in the end; None is all windows of the house.
        same_decisions: the decisions must be those of a run without a fault.
        watched: an analyst reads all the time.
    """
    with house.world(stage) as world:
        trial = Trial(house, world, stage, expected or house.expected(), same_decisions)
        log = house.cluster.folder / "postgres.log"
        position = log.stat().st_size
        if watched:
            with reading(world) as reader:
                yield trial
            trial.expect(holds=reader.reads > 0, otherwise="the analyst could not read at all")
            trial.outcome.verdict.problems += reader.problems
        else:
            yield trial
        trial.look()
        trial.outcome.verdict.problems += invariants.leaks(world)
        trial.outcome.verdict.problems += invariants.server_log_leaks(
            log, position, [*house.passwords.values(), house.cluster.password]
        )


def reference(house: House) -> None:
    """Decide the second window without a fault, as the reference of every other case."""
    with house.world(Stage.BUILT) as world:
        result = world.run(Stage.BUILT.rest)
        verdict = invariants.look(world, house.expected())
        problems = verdict.problems + invariants.leaks(world)
        if not result.ok or problems or verdict.lost or verdict.doubled:
            raise RuntimeError(f"without any fault: {result}; {verdict}; {problems}")
        house.reference["digest"] = invariants.digest_of(world, house.expected().job)
