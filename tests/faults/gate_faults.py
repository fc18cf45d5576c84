"""Gates that somebody goes round: a mark in Airflow, a state set by hand, a verdict taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.faults.cases import Case, Outcome, trial
from tests.faults.flow import STEPS
from tests.faults.house import House, Stage
from tests.faults.world import World

FAULT = "gate skipped"
_OF_RUN = ("claim", *STEPS[STEPS.index("validate_features") :])
_VERDICTS = "audit.validation_results"


@dataclass(frozen=True)
class Skip:
    """How a gate is gone round.

    Attributes:
        without: the task that is marked successful and does not run; none where "".
        by_hand: what is done to the warehouse before the run goes on.
        refused_by: the task that must refuse.
        words: of its message.
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


def skip(house: House, how: Skip) -> Outcome:
    """Go round a gate; the run is refused, and published once every gate has looked."""
    is_early = how.without == "validate_raw"
    with trial(house, Stage.WAITING if is_early else Stage.BUILT) as found:
        tasks = STEPS if is_early else _OF_RUN
        last = tasks.index(how.refused_by)
        first = [task for task in tasks[:last] if task != how.without]
        told = found.heard(found.world.run(first))
        found.expect(holds=told.ok, otherwise=f"the steps before failed: {told}")
        receipts = told.receipts | ({"validate_raw": None} if is_early else {})
        if how.by_hand:
            found.world.execute(how.by_hand)
        refusal = found.heard(found.world.run([how.refused_by], receipts=receipts))
        found.expect(
            holds=refusal.error == "ContractError" and how.words in refusal.message,
            otherwise=f"it was not refused: {refusal}",
        )
        found.expect(holds=_decided(found.world) == 0, otherwise="something was published")
        found.give_up("its gates were skipped")
        # as a person clears `admit` and everything after it, or `validate_raw`
        found.retried(found.heard(found.world.run(tasks)))
    return found.outcome


def _decided(world: World) -> int:
    """Return how many rows of the second window are decided."""
    query = "select count(*) from decisions.transaction_decisions where transaction_id ^@ 'w2-'"
    return int(world.rows(query)[0][0])


def cases() -> Iterator[Case]:
    """Yield one case per way round a gate."""
    for place, how in SKIPS.items():
        run: Callable[[House], Outcome] = partial(skip, how=how)
        yield Case(FAULT, place, "refused; published once every gate has looked", run)
