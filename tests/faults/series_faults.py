"""Break the nightly jobs of products: kill steps, fail gates, run it twice and at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from tests.faults import night_faults, plan_house, series_house
from tests.faults.cases import Case, Outcome, Trial, open_trial
from tests.faults.flow import Ending
from tests.faults.gate_faults import Skip
from tests.faults.house import House, Stage
from tests.faults.night_faults import HouseOf, referenced
from tests.faults.process_faults import paused

#: The second chunk is predicted and not written; the rows are in the ledger and not committed.
PLACES = {"mid_predict@2": Stage.BUILT, "inside_publish": Stage.VALIDATED}
SKIPPED = "validate_decisions marked and the state set"


def fail_gate(house: House, of: HouseOf) -> Outcome:
    """Take the answer from every row: the gate stops the run, and the next run publishes."""
    with open_trial(referenced(of(house)), Stage.BUILT, watched=False) as trial:
        scored = trial.record(trial.world.run(("claim", "validate_features", "score")))
        trial.expect(holds=scored.ok, otherwise=f"the steps before failed: {scored}")
        _degrade(trial)
        ending = trial.record(
            trial.world.run(("validate_decisions", "publish"), receipts=scored.receipts)
        )
        trial.expect(
            holds=(ending.step, ending.error) == ("validate_decisions", "GateFailedError"),
            otherwise=f"the gate did not stop the run: {ending}",
        )
        trial.give_up("its rows are spoilt")
        trial.rerun()
    return trial.outcome


def repeat(house: House, of: HouseOf) -> Outcome:
    """Deliver more sales of a published night and run it again: its rows stay, bit for bit."""
    with open_trial(referenced(of(house)), Stage.VALIDATED, watched=False) as trial:
        trial.rerun()
        runs = _published(trial)
        trial.world.deliver("late.csv", series_house.late_sales(), f"{series_house.FOLDER}/sales")
        trial.rerun()
        trial.rerun(replace(trial.house.request, requested_by="a second run"))
        trial.expect(holds=_published(trial) == runs, otherwise="the night has another run")
    return trial.outcome


def compete(house: House, of: HouseOf) -> Outcome:
    """Let another run claim the night while the first one scores: it waits, and finds it done."""
    other: list[Ending] = []
    with open_trial(referenced(of(house)), Stage.BUILT, watched=False) as trial:
        request = replace(trial.house.request, requested_by="another run")

        def claim() -> None:
            other.append(trial.record(trial.world.run(("claim",), request)))

        is_reached = paused(trial, "mid_predict@1", claim)
        trial.expect(holds=is_reached, otherwise="the place was not reached")
        refused = [ending.error for ending in other]
        trial.expect(holds=refused == ["RunOpenError"], otherwise=f"it did not wait: {other}")
        runs = _published(trial)
        trial.expect(holds=len(runs) == 1, otherwise="the first run did not publish")
        trial.rerun(request)
        trial.expect(holds=_published(trial) == runs, otherwise="the night has another run")
    return trial.outcome


def _degrade(trial: Trial) -> None:
    """Take the answer from every scored row, as a broken decider would."""
    job = trial.expected.job
    [(run_id,)] = trial.world.rows("select run_id from decisions.runs where state = 'scored'")
    table = f"scored.decisions_{run_id.hex}"
    answers = trial.world.rows(
        "select attname from pg_attribute "
        "where attrelid = %s::regclass and attname = any(%s) and not attnotnull",
        table,
        list(job.ledger.decided),
    )
    nothing = ", ".join(f"{name} = null" for (name,) in answers)
    trial.world.execute(
        f"update {table} set is_degraded = true, {job.components[0]} = 'invalid_score', {nothing}"
    )


def _published(trial: Trial) -> list[tuple[object, ...]]:
    """Return the published runs of the job."""
    query = "select run_id from decisions.runs where job = %s and state = 'published'"
    return trial.world.rows(query, trial.expected.job.name)


def of_job(noun: str, suite: str, of: HouseOf) -> Iterator[Case]:
    """Yield the faults of one job of products.

    Args:
        noun: of a row, for the names of the cases.
        suite: of the job's decisions.
        of: returns the house of the job's night.
    """
    once = "a plain re-run publishes the night, once"
    for place, stage in PLACES.items():
        run = partial(night_faults.kill, place=place, stage=stage, of=of)
        yield Case(f"kill -9 of {noun}", place, once, run)
    twin = partial(night_faults.twin, place="before_publish", stage=Stage.VALIDATED, of=of)
    yield Case(
        f"second attempt at {noun}",
        "before_publish",
        "one publishes, the other leaves no trace",
        twin,
    )
    yield Case(
        f"concurrent runs of {noun}",
        "mid_predict@1",
        "the second waits, and finds the night published",
        partial(compete, of=of),
    )
    yield Case(
        f"second run of {noun}",
        "a published night with late sales",
        "the night keeps its rows",
        partial(repeat, of=of),
    )
    yield Case(
        f"gate fails on {noun}",
        "validate_decisions",
        "stopped by the gate; the next run publishes",
        partial(fail_gate, of=of),
    )
    how = Skip(
        "validate_decisions",
        "update decisions.runs set state = 'validated' where state = 'scored'",
        "publish",
        suite,
    )
    yield Case(
        f"gate skipped on {noun}",
        SKIPPED,
        "refused; published once every gate has looked",
        partial(night_faults.gate, how=how, of=of),
    )


def cases() -> Iterator[Case]:
    """Yield every fault of the jobs of products."""
    yield from of_job("a forecast", "decisions.demand_forecasts", series_house.of)
    yield from of_job("a plan", "decisions.stock_plans", plan_house.of)
