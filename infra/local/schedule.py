"""Turn the schedules of a source on, or off again.

Airflow makes every new DAG paused. A schedule that is turned on begins with the last full window of
a scoring job and with the coming Sunday of the training; nothing of earlier years is caught up.
"""

from __future__ import annotations

from collections.abc import Iterator

from features.platform.errors import ConfigurationError
from features.sources import descriptions
from features.sources.descriptions import Sources
from infra.local.airflow_api import Airflow
from infra.local.console import console, table
from infra.local.health import airflow_missing
from infra.local.state import StackError, State
from infra.local.warehouse_facts import policy_in_force
from scoring.decision.policy import policy
from scoring.domains import JOBS

TRAINING = "train_models"
#: The jobs about customers and products; none of them decides a transaction or a loan.
OF_NIGHTS = tuple(job.name for job in JOBS.values() if job.population.nights)
NIGHTLY = ("maintain_warehouse", "monitor_decisions")
PRICES = "estimate_prices"
#: They compare challengers with champions, and ask a person about them.
GATES, PROMOTE = "gate_models", "promote_model"
PROMOTION = (GATES, PROMOTE)


def scheduled(described: Sources) -> Iterator[str]:
    """Yield the DAGs that a source needs: those of the jobs whose feed it delivers, and their care.

    Args:
        described: the description of the source.
    """
    delivered = [job for job in JOBS.values() if described.of_feed(job.population.feed)]
    yield from (job.name for job in delivered)
    if described.of_feed("sales"):
        yield PRICES
    if any(job.training and described.of_feed(job.training.feed) for job in delivered):
        yield TRAINING
    if any(job.comparison and described.of_feed(job.population.feed) for job in delivered):
        yield from PROMOTION
    if delivered:
        yield from NIGHTLY


def turn(state: State, *, is_on: bool) -> None:
    """Turn all schedules of a source on or off.

    Raises:
        StackError: Airflow is not healthy, no policy is in force, or the description is wrong.
    """
    if missing := airflow_missing(state):
        raise StackError(
            f"Airflow is not healthy ({', '.join(missing)}): `make up SOURCE={state.source}`"
        )
    if is_on and policy_in_force(state) is None:
        raise StackError(f"no policy is in force, and each run needs one: {policy_step()}")
    try:
        described = descriptions.load(state.source, folder=state.sources_dir())
    except ConfigurationError as error:
        raise StackError(str(error)) from error
    airflow, rows = Airflow(state), []
    for dag_id in scheduled(described):
        airflow.await_dag(dag_id)
        airflow.set_paused(dag_id, is_paused=not is_on)
        begins = airflow.next_run(dag_id)
        rows.append((dag_id, f"{begins:%Y-%m-%d %H:%M} UTC" if begins and is_on else "paused"))
    table(f"Schedules of SOURCE={state.source}", ["DAG", "next run"], rows)


def next_step(state: State) -> str:
    """Return what is left to do before the source is decided by its schedule; "" for nothing."""
    command = f"make schedule SOURCE={state.source}"
    if policy_in_force(state) is None:
        return f"approve a policy ({policy_step()}), deliver files, then `{command}`"
    described = descriptions.load(state.source, folder=state.sources_dir())
    airflow = Airflow(state)
    paused = [dag_id for dag_id in scheduled(described) if airflow.is_paused(dag_id)]
    return f"`{command}` turns on {', '.join(paused)}" if paused else ""


def policy_step() -> str:
    """Return the command that puts the newest policy in force."""
    return (
        f"`.venv/bin/vesper policy activate {policy.newest().version} --author <you> "
        "--approver <a second person> --reason <why>`"
    )


def show_next_step(state: State) -> None:
    """Print what is left to do."""
    if step := next_step(state):
        console.print(f"Next: {step}", markup=False)
