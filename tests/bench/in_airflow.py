"""Run the same job through the real scheduler and measure the overhead of Airflow.

The stack is a separate one in `.local/bench/stack`, created as by `make demo`: its model is trained
on the sample's history, and the hour's million rows arrive as one more file of the sample's source.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg

from infra.local import sample, stack
from infra.local.airflow_api import Airflow
from infra.local.airflow_runs import follow
from infra.local.console import step
from infra.local.demo import approve_policy, install, train
from infra.local.environment import environment
from infra.local.health import cluster
from infra.local.ports import free_port
from infra.local.spans import Window
from infra.local.state import DEFAULT_PORTS, DEFAULT_SOURCE, State
from tests.bench import traffic
from tests.bench.sides import Measured
from tests.bench.traffic import HOUR, Traffic
from tests.bench.world import Bench, BenchError

DAG = "score_transactions"
_TASKS = """
with tasks as (
    select task_id, max(end_date) - min(start_date) as taken
    from task_instance where dag_id = %(dag)s and run_id = %(run)s group by task_id
)
select task_id, extract(epoch from taken)::float8 from tasks
union all
select 'airflow', extract(epoch from end_date - queued_at - (select sum(taken) from tasks))::float8
from dag_run where dag_id = %(dag)s and run_id = %(run)s
"""


def measure(bench: Bench, wanted: Traffic) -> Iterator[tuple[str, Measured]]:
    """Run an empty hour and the requested one; yield each as it ends.

    The seconds are those of the tasks in Airflow's own record. `airflow` is the remaining time of
    the run, from the trigger on.
    """
    with _trained(bench) as (state, airflow, live_from):
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - HOUR
        # replaces the schedule's own run of the last hour, which would publish it empty
        yield "empty", _run(state, airflow, live_from - HOUR, (hour, hour + HOUR))
        _deliver(bench, wanted, hour, state)
        done = _run(state, airflow, hour)
        if done.rows != wanted.rows:
            raise BenchError(
                f"of {wanted.rows:,} rows the run through Airflow decided {done.rows:,}"
            )
        yield f"hour {wanted.rows}", done


def _deliver(bench: Bench, wanted: Traffic, hour: datetime, state: State) -> None:
    """Land the hour's file whole: a partial read of a growing file would be refused."""
    landing = state.objects / "landing" / state.source / "transactions"
    landing.mkdir(parents=True, exist_ok=True)
    growing = bench.folder / "growing"
    growing.mkdir(exist_ok=True)
    with bench.connect("postgres") as connection:
        traffic.prepare(connection)
        traffic.write_hour(connection, wanted, hour, growing)
    for file in growing.iterdir():
        file.rename(landing / file.name)


@contextmanager
def _trained(bench: Bench) -> Iterator[tuple[State, Airflow, datetime]]:
    """Start a stack and train its model; stop it and remove it afterwards."""
    state = State(DEFAULT_SOURCE, bench.folder / "stack")
    if stack.runs(state):  # left by a killed benchmark
        stack.down(state)
    shutil.rmtree(state.folder, ignore_errors=True)
    state.prepare()
    state.write("ports.json", {name: free_port() for name in DEFAULT_PORTS})
    with state.locked():
        try:
            stack.up(state)
            install(state, environment(state))
            made = sample.prepare(state, None)
            approve_policy(state)
            airflow = Airflow(state)
            train(state, airflow, made)
            airflow.await_dag(DAG)
            yield state, airflow, made.live_from
        finally:
            stack.down(state)
            shutil.rmtree(state.folder, ignore_errors=True)


def _run(
    state: State, airflow: Airflow, start: datetime, interval: Window | None = None
) -> Measured:
    """Run the hour from `start` on; the run replaces the schedule's run of `interval`."""
    conf = {"start": start.isoformat(), "end": (start + HOUR).isoformat()}
    run_id = airflow.trigger(DAG, conf, interval=interval)
    airflow.set_paused(DAG, is_paused=False)
    with step(f"{DAG} of {start:%Y-%m-%d %H:%M} UTC") as note:
        follow(airflow, DAG, run_id, note)
    conninfo = cluster(state).conninfo
    with psycopg.connect(conninfo("airflow")) as connection:
        found = connection.execute(_TASKS, {"dag": DAG, "run": run_id}).fetchall()
    with psycopg.connect(conninfo("warehouse")) as connection:
        decided = connection.execute(
            "select rows_published from decisions.runs where window_start = %s "
            "and state = 'published'",
            (start,),
        ).fetchone()
    if decided is None:
        raise BenchError(f"the run of {start:%Y-%m-%d %H:%M} UTC succeeded and published nothing")
    return Measured(decided[0], dict(found), 0.0)
