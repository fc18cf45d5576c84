"""Starting and stopping: Postgres, then MLflow and Airflow's four processes."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import httpx

from infra.local import processes, programs
from infra.local.console import console, step
from infra.local.environment import (
    airflow_url,
    environment,
    mlflow_store_url,
    mlflow_url,
    write_logins,
    write_terminal_file,
)
from infra.local.ports import require_free
from infra.local.postgres import Cluster, PostgresError
from infra.local.state import CHECKOUT, LOGIN_ROLES, StackError, State, all_states
from infra.postgres import warehouse

AIRFLOW_PROCESSES = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
PROCESSES = ("mlflow", *AIRFLOW_PROCESSES)
POSTGRES = "postgres"
START_SECONDS = 180
LOG_TAIL_LINES = 12


def cluster(state: State) -> Cluster:
    """Return the stack's Postgres."""
    return Cluster(state.folder / "postgres", state.ports()["postgres"], state.secrets["postgres"])


def up(state: State) -> None:
    """Start what does not run yet, and wait until all of it is healthy.

    Raises:
        StackError: something outside must change first, or a process ended while starting.
    """
    stop_others(state)
    state.prepare()
    processes.end(processes.strays(state))
    _take_ports(state)
    with step("Postgres 18") as note:
        note(f"port {state.ports()['postgres']}")
        start_postgres(state)
    with step("Databases, roles, migrations") as note:
        note(_migrate(state))
    write_logins(state)
    write_terminal_file(state)
    variables = environment(state)
    programs.start_supervisor(state)
    programs.request(state, POSTGRES)
    programs.request(state, "mlflow", mlflow_command(state))
    with step("Airflow's own database") as note:
        note(_airflow_migrate(state, variables))
    for name, arguments in AIRFLOW_PROCESSES.items():
        programs.request(state, name, [processes.tool("airflow"), *arguments])
    with step("MLflow") as note:
        _await(state, lambda: [] if mlflow_answers(state) else ["mlflow"], note)
    with step("Airflow") as note:
        _await(state, lambda: airflow_missing(state), note)
        note("api-server, scheduler, dag-processor, triggerer")


def down(state: State) -> int:
    """End everything this stack has started, also what a crash left; return how many processes."""
    found = processes.members(state)
    # first the supervisor, which would start again what ends
    if (supervisor := processes.recorded(state).get(programs.SUPERVISOR)) and supervisor.runs():
        processes.end([supervisor.pid])
    # parents first: they end their children in good order
    processes.end(entry.pid for entry in processes.leaders(state))
    processes.end(processes.members(state), patience_seconds=2)
    postgres = cluster(state)
    if (pid := postgres.pid()) is not None:
        found |= processes.descendants(pid)
        postgres.stop()
    processes.forget(state)
    programs.forget(state)
    return len(found)


def runs(state: State) -> bool:
    """Tell whether anything of this stack runs."""
    return cluster(state).pid() is not None or bool(processes.members(state))


def stop_others(state: State) -> None:
    """Stop the stack of any other source: one machine, one stack at a time."""
    for other in all_states(state.root):
        if other.source != state.source and runs(other):
            with step(f"Stopping the stack of SOURCE={other.source}") as note:
                note("its state is kept; one stack runs at a time")
                down(other)


def start_postgres(state: State) -> None:
    """Make and start the cluster.

    Raises:
        StackError: it did not start.
    """
    postgres = cluster(state)
    try:
        postgres.create()
        postgres.start()  # keeps its own record of its process, in postmaster.pid
    except PostgresError as error:
        raise StackError(
            f"Postgres did not start on port {postgres.port}: {postgres_cause(str(error))} "
            f"(log: {postgres.folder / 'postgres.log'})"
        ) from error


def postgres_cause(output: str) -> str:
    """Return the line of Postgres' output that says why."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error" in line.lower()]
    return (telling or lines or ["no reason given"])[-1]


def mlflow_command(state: State) -> list[str]:
    """Return the command of the MLflow server."""
    port = state.ports()["mlflow"]
    return [
        processes.tool("mlflow"),
        "server",
        *("--backend-store-uri", mlflow_store_url(state)),
        *("--artifacts-destination", str(state.folder / "mlflow-artifacts")),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--allowed-hosts", f"127.0.0.1:{port},localhost:{port}"),
    ]


def _take_ports(state: State) -> None:
    if runs(state):
        return
    for name, port in state.choose_ports().items():
        require_free(name, port, state.source)


def _migrate(state: State) -> str:
    postgres = cluster(state)
    warehouse.create_roles(postgres.conninfo(), {role: state.secrets[role] for role in LOGIN_ROLES})
    for database, owner in (("warehouse", "owner"), ("airflow", "airflow"), ("mlflow", "mlflow")):
        warehouse.create_database(postgres.conninfo(), database, owner)
    applied = warehouse.migrate(postgres.conninfo("warehouse"))
    return f"{len(applied)} migrations applied" if applied else "up to date"


def _airflow_migrate(state: State, variables: dict[str, str]) -> str:
    installed = {"airflow": version("apache-airflow-core")}
    if state.read("migrated.json", {}) == installed:
        return "up to date"
    run(state, "airflow-migrate", [processes.tool("airflow"), "db", "migrate"], variables)
    state.write("migrated.json", installed)
    return f"migrated to {installed['airflow']}"


def run(state: State, name: str, command: Sequence[str], variables: Mapping[str, str]) -> None:
    """Run one command to its end, writing to its own log.

    Raises:
        StackError: it failed; the tail of its log has been printed.
    """
    log = state.logs / f"{name}.log"
    with log.open("ab") as output:
        result = subprocess.run(  # noqa: S603 - our own commands, no shell
            command,
            cwd=CHECKOUT,
            env={**variables, processes.MARKER: str(state.folder)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if result.returncode != 0:
        show_tail(log)
        raise StackError(f"{name} failed: its last lines are above, all of them in {log}")


def mlflow_answers(state: State) -> bool:
    """Return whether MLflow is healthy."""
    try:
        return httpx.get(f"{mlflow_url(state)}/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def airflow_missing(state: State) -> list[str]:
    """Return those of Airflow's four processes that are not healthy yet."""
    names = {"scheduler": "scheduler", "triggerer": "triggerer", "dag_processor": "dag-processor"}
    try:
        health = httpx.get(f"{airflow_url(state)}/api/v2/monitor/health", timeout=10).json()
    except (httpx.HTTPError, ValueError):
        return list(AIRFLOW_PROCESSES)
    return [
        name
        for part, name in names.items()
        if (health.get(part) or {}).get("status") != "healthy" or not programs.runs(state, name)
    ]


def _await(state: State, missing: Callable[[], list[str]], note: Callable[[str], None]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while left := missing():
        note(f"waiting for {', '.join(left)}")
        for name in left:
            if not programs.runs(state, name):
                show_tail(state.logs / f"{name}.log")
                raise StackError(
                    f"{name} ended while starting: its last lines are above, "
                    f"all of them in {state.logs / f'{name}.log'}"
                )
        if time.monotonic() > deadline:
            show_tail(state.logs / f"{left[0]}.log")
            raise StackError(
                f"{', '.join(left)} not healthy after {START_SECONDS} s: see {state.logs}"
            )
        time.sleep(0.5)
    note("healthy")


def show_tail(log: Path, lines: int = LOG_TAIL_LINES) -> None:
    """Print the last lines of a log."""
    if log.exists():
        for line in log.read_text(errors="replace").splitlines()[-lines:]:
            console.print(f"  {line}", style="dim", markup=False)
