"""Bypass gates by a mark in Airflow, a state set by hand, or a deleted verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.faults.cases import Case, Outcome, Trial, open_trial
from tests.faults.flow import STEPS
from tests.faults.house import House, Stage

FAULT = "gate skipped"
_OF_RUN = ("claim", *STEPS[STEPS.index("validate_features") :])
_VERDICTS = "audit.validation_results"


@dataclass(frozen=True)
class Skip:
    """Describe how a gate is bypassed.

    Attributes:
        without: the task that is marked successful and does not run; none for "".
        by_hand: a statement on the warehouse before the run continues.
        refused_by: the task that must refuse.
        words: a part of its message.
    """

    without: str
    by_hand: str
    refused_by: str
    words: str


_SET_STATE = "update decisions.runs set state = 'validated' where state = 'scored'"
SKIPS = {
    "validate_raw marked": Skip("validate_raw", "", "admit", "clear `validate_raw`"),
    "validate_features marked": Skip("validate_features", "", "publish", "features.transactions"),
    "validate_decisions marked": Skip("validate_decisions", "", "publish", "were validated"),
    "validate_decisions marked and the state set": Skip(
        "validate_decisions", _SET_STATE, "publish", "decisions.transactions"
    ),
    "the verdicts deleted": Skip("", f"delete from {_VERDICTS}", "publish", "no verdict"),
    "the newest verdict is a failure": Skip(
        "",
        f"insert into {_VERDICTS} (suite, subject, checked_table, verdict, expectations) "
        f"select suite, subject, checked_table, 'failed', '[]' from {_VERDICTS}",
        "publish",
        "says failed",
    ),
    "rows scored after the gate looked": Skip(
        "",
        "update decisions.runs set scored_at = clock_timestamp() where state = 'validated'",
        "publish",
        "before the rows were written",
    ),
}


def skip(house: House, how: Skip, *, watched: bool = True) -> Outcome:
    """Bypass a gate; the run is refused, and published after every gate has run."""
    is_early = how.without == "validate_raw"
    stage = Stage.WAITING if is_early else Stage.BUILT
    with open_trial(house, stage, watched=watched) as trial:
        tasks = STEPS if is_early else _OF_RUN
        last = tasks.index(how.refused_by)
        first = [task for task in tasks[:last] if task != how.without]
        result = trial.record(trial.world.run(first))
        trial.expect(holds=result.ok, otherwise=f"the steps before failed: {result}")
        receipts = result.receipts | ({"validate_raw": None} if is_early else {})
        if how.by_hand:
            trial.world.execute(how.by_hand)
        refusal = trial.record(trial.world.run([how.refused_by], receipts=receipts))
        trial.expect(
            holds=refusal.error == "ContractError" and how.words in refusal.message,
            otherwise=f"it was not refused: {refusal}",
        )
        trial.expect(holds=_decided(trial) == 0, otherwise="something was published")
        trial.give_up("its gates were skipped")
        # as a person clears `admit` and every later task, or `validate_raw`
        trial.retry(trial.record(trial.world.run(tasks)))
    return trial.outcome


def _decided(trial: Trial) -> int:
    """Return the number of decided rows of the pending window."""
    ledger = trial.expected.job.ledger.table
    query = (
        f"select count(*) from {ledger} inner join decisions.runs using (run_id) "
        "where runs.window_start = %s"
    )
    return int(trial.world.rows(query, trial.house.request.start)[0][0])


def cases() -> Iterator[Case]:
    """Yield one case per way to bypass a gate."""
    for place, how in SKIPS.items():
        run: Callable[[House], Outcome] = partial(skip, how=how)
        yield Case(FAULT, place, "refused; published once every gate has looked", run)
