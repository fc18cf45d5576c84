"""Break models: they fail, hang or return invalid scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tests.faults.cases import Case, Outcome, Trial, open_trial
from tests.faults.flow import Ending
from tests.faults.house import House, Stage


def _spoil(change: Callable[[Any, Any], Any]) -> Callable[[], None]:
    """Return an act of the process that passes the loaded model's answers through `change`."""

    def before() -> None:
        from scoring.fraud.model import FraudModel

        score = FraudModel.score

        def spoilt(self: FraudModel, matrix: Any) -> Any:
            return change(score(self, matrix), matrix)

        FraudModel.score = spoilt  # type: ignore[method-assign,assignment]

    return before


def _raise(answer: Any, matrix: Any) -> Any:
    raise ValueError("row-value-5e1f: a model may quote its inputs")


def _hang(answer: Any, matrix: Any) -> Any:
    import time

    time.sleep(600)


def _filled(value: float) -> Callable[[Any, Any], Any]:
    def change(answer: Any, matrix: Any) -> Any:
        import dataclasses

        import numpy as np

        spoilt = np.array(answer.fraud_probability)
        spoilt[::3] = value
        return dataclasses.replace(answer, fraud_probability=spoilt)

    return change


def _cut(answer: Any, matrix: Any) -> Any:
    import dataclasses

    return dataclasses.replace(answer, fraud_probability=answer.fraud_probability[:-1])


def _text(answer: Any, matrix: Any) -> Any:
    import dataclasses

    import numpy as np

    return dataclasses.replace(answer, fraud_probability=np.full(len(matrix), "high"))


def _nothing(answer: Any, matrix: Any) -> Any:
    return None


ROWS = 305  # of the second window
#: Answers that are invalid for a third of the rows.
PARTLY_WRONG: dict[str, Callable[[Any, Any], Any]] = {
    "returns NaN": _filled(float("nan")),
    "returns infinity": _filled(float("inf")),
    "returns 1.2": _filled(1.2),
    "returns -0.1": _filled(-0.1),
}
#: Answers that are invalid for every row.
WRONG: dict[str, Callable[[Any, Any], Any]] = {
    "raises": _raise,
    "hangs": _hang,
    "returns a row too few": _cut,
    "returns text": _text,
    "returns nothing": _nothing,
}
_IMPATIENT = {"SCORING_MODEL_TIMEOUT_SECONDS": "1"}


def spoil_some(house: House, change: Callable[[Any, Any], Any]) -> Outcome:
    """Spoil a third of the model's answers: these rows are degraded, and none is approved."""
    with open_trial(house, Stage.BUILT, same_decisions=False) as trial:
        result = trial.record(
            trial.world.run(Stage.BUILT.rest, before=_spoil(change), environment=_IMPATIENT)
        )
        trial.expect(holds=result.ok, otherwise=f"the run failed: {result}")
        _expect_degraded(trial)
        trial.rerun()
    return trial.outcome


def spoil_all(house: House, change: Callable[[Any, Any], Any]) -> Outcome:
    """Spoil every answer of the model: the gate stops the run, and the healthy model decides."""
    with open_trial(house, Stage.BUILT) as trial:
        result = trial.record(
            trial.world.run(Stage.BUILT.rest, before=_spoil(change), environment=_IMPATIENT)
        )
        expect_stopped(trial, result)
        trial.rerun()
    return trial.outcome


def expect_stopped(trial: Trial, result: Ending) -> None:
    """Check that the gate of decisions stops a run without scores, and fail the run as the DAG."""
    trial.expect(
        holds=result.step == "validate_decisions" and result.error == "GateFailedError",
        otherwise=f"the gate did not stop a run without scores: {result}",
    )
    (table,) = trial.world.rows(
        "select oid::regclass::text from pg_class "
        "where relkind = 'r' and relnamespace = 'scored'::regnamespace and relname ^@ 'decisions_'"
    )
    counts = trial.world.rows(
        f"select count(*) filter (where is_degraded), count(*) filter (where decision = 'approve') "
        f"from {table[0]}"
    )
    trial.outcome.seen += f"; {counts[0][0]} rows degraded"
    trial.expect(holds=counts == [(ROWS, 0)], otherwise=f"degraded and approved: {counts}")
    trial.give_up("the model is broken")


def _expect_degraded(trial: Trial, least: int = 50) -> None:
    rows = trial.world.rows(
        "select count(*) filter (where is_degraded), "
        "count(*) filter (where is_degraded and decision = 'approve') "
        "from decisions.transaction_decisions inner join decisions.runs using (run_id) "
        "where runs.window_start = (select max(window_start) from decisions.runs)"
    )
    degraded, approved = rows[0]
    trial.outcome.seen += f"; {degraded} rows degraded"
    trial.expect(holds=degraded >= least, otherwise=f"only {degraded} rows are degraded")
    trial.expect(holds=approved == 0, otherwise=f"{approved} degraded rows are approved")


def cases() -> Iterator[Case]:
    """Yield every fault of this kind."""
    for place, change in PARTLY_WRONG.items():
        expected = "its rows are degraded, none of them approved"
        yield Case("model", place, expected, partial(spoil_some, change=change))
    for place, change in WRONG.items():
        expected = "stopped by the gate; the healthy model decides"
        yield Case("model", place, expected, partial(spoil_all, change=change))
