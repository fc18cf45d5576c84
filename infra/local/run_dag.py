"""Run one DAG of the running stack from a terminal, and follow it to its end.

This is the same as **Trigger** in the Airflow UI. The run replaces the scheduled run of its window.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from features.platform.errors import ConfigurationError
from features.platform.moments import parse_moment
from infra.local.airflow_api import Airflow
from infra.local.airflow_runs import follow, trigger_windows
from infra.local.console import console, step
from infra.local.demo import SKIPPED
from infra.local.health import airflow_missing
from infra.local.spans import Window
from infra.local.state import CHECKOUT, StackError, State
from scoring.domains import JOBS

#: The DAGs whose form has a moment of knowledge.
OF_A_MOMENT = ("train_models", "estimate_prices")


@dataclass(frozen=True, slots=True)
class Order:
    """The DAG to run, and its form.

    Args:
        dag_id: the DAG.
        window: window of a scoring DAG; None means the last past window.
        as_of: `train_models` uses data known at this time; None means now.
    """

    dag_id: str
    window: Window | None = None
    as_of: datetime | None = None

    def form(self) -> dict[str, str]:
        """Return the values of the DAG's form."""
        moments = dict(zip(("start", "end"), self.window or (), strict=False))
        if self.as_of:
            moments["as_of"] = self.as_of
        return {name: moment.isoformat() for name, moment in moments.items()}


def order_of(dag_id: str, start: str | None, end: str | None, as_of: str | None) -> Order:
    """Return the order of a command line.

    Raises:
        StackError: the DAG is unknown, or its form lacks one of the options.
    """
    known = sorted(path.stem for path in (CHECKOUT / "dags").glob("*.py"))
    if dag_id not in known:
        nearest = get_close_matches(dag_id, known, n=1)
        hint = f"did you mean {nearest[0]}? " if nearest else ""
        raise StackError(f"no DAG is named {dag_id!r}: {hint}there are {', '.join(known)}")
    if (start or end) and dag_id not in JOBS:
        raise StackError(f"{dag_id} takes no window: leave out START and END")
    if as_of and dag_id not in OF_A_MOMENT:
        raise StackError(f"{dag_id} takes no AS_OF: it is of {' and '.join(OF_A_MOMENT)}")
    if bool(start) != bool(end):
        raise StackError("a window has a START and an END: give both, or neither for the last one")
    window = (_moment("START", start), _moment("END", end)) if start and end else None
    if window and window[0] >= window[1]:
        raise StackError(f"START={start} is not before END={end}")
    return Order(dag_id, window, _moment("AS_OF", as_of) if as_of else None)


def run(state: State, order: Order) -> None:
    """Trigger a run, follow it to its end, and show each skipped task with its reason.

    Raises:
        StackError: Airflow is not healthy, or the run failed; a failed task's log is printed.
    """
    if missing := airflow_missing(state):
        raise StackError(
            f"Airflow is not healthy ({', '.join(missing)}): `make up SOURCE={state.source}`"
        )
    airflow, dag_id, title = Airflow(state), order.dag_id, order.dag_id
    airflow.await_dag(dag_id)
    if order.window:
        start, end = order.window
        ((_, run_id),) = trigger_windows(airflow, dag_id, [order.window])
        title = f"{dag_id} {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
    else:
        # the run replaces the next scheduled run, so no second one starts
        interval = None if dag_id in JOBS else airflow.due_interval(dag_id)
        run_id = airflow.trigger(dag_id, order.form(), interval=interval)
    airflow.set_paused(dag_id, is_paused=False)
    with step(title) as note:
        follow(airflow, dag_id, run_id, note)
    for task in airflow.tasks(dag_id, run_id):
        if task["state"] == "skipped":
            reason = _reason(airflow.log_tail(dag_id, run_id, task))
            console.print(f"  {task['task_id']} had nothing to do{reason}", markup=False)


def _reason(log: str) -> str:
    reasons = [line.partition(SKIPPED)[2] for line in log.splitlines() if SKIPPED in line]
    return f": {reasons[-1]}" if reasons else ""


def _moment(name: str, text: str) -> datetime:
    try:
        return parse_moment(text)
    except ConfigurationError as error:
        raise StackError(f"{name}: {error}") from error
