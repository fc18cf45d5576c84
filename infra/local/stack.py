"""Start and stop the stack: Postgres, then MLflow and Airflow's four processes."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psycopg

from infra.local import processes, programs
from infra.local.airflow_api import DAG_PATIENCE_SECONDS, Airflow
from infra.local.console import console, step
from infra.local.environment import environment, write_logins, write_terminal_file
from infra.local.health import (
    AIRFLOW_PROCESSES,
    POSTGRES,
    PROCESSES,
    Settling,
    cluster,
    log_file,
    signs,
)
from infra.local.ports import listener, require_free
from infra.local.postgres import PostgresError
from infra.local.state import (
    CHECKOUT,
    LOGIN_ROLES,
    StackError,
    State,
    all_states,
    ports_of_environment,
)
from infra.postgres import warehouse

START_SECONDS = 240
SILENT_SECONDS = 45  # longer than the interval between two heartbeats of a scheduler
RESTARTS_WHILE_STARTING = 2
LOG_TAIL_LINES = 12


def up(state: State) -> None:
    """Start all parts that do not run, and wait until every part is healthy and has settled.

    Every step is idempotent, so the next start completes an interrupted one.

    Raises:
        StackError: the user must first change something, or a process ended while starting.
    """
    began = datetime.now(UTC)
    stop_others(state)
    state.prepare()
    processes.end(processes.strays(state))
    take_ports(state)
    earlier = {name: record.pid for name, record in processes.recorded(state).items()}
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
    with step("MLflow and Airflow") as note:
        _await_settled(state, began, earlier, note)
    with step("DAGs") as note:
        _await_dags(state, began, note)


def down(state: State) -> int:
    """End all processes of this stack, orphans of a crash included; return their number."""
    pids = processes.members(state)
    # the supervisor first, because it restarts a process that ends
    if (supervisor := processes.recorded(state).get(programs.SUPERVISOR)) and supervisor.runs():
        processes.end([supervisor.pid])
    # parents first, because they end their children cleanly
    processes.end(entry.pid for entry in processes.leaders(state))
    processes.end(processes.members(state), patience_seconds=2)
    postgres = cluster(state)
    if (pid := postgres.pid()) is not None:
        pids |= processes.descendants(pid)
        postgres.stop()
    processes.forget(state)
    programs.forget(state)
    return len(pids)


def runs(state: State) -> bool:
    """Return whether any process of this stack runs."""
    return cluster(state).pid() is not None or bool(processes.members(state))


def stop_others(state: State) -> None:
    """Stop the stacks of other sources; one stack runs at a time."""
    for other in all_states(state.root):
        if other.source != state.source and runs(other):
            with step(f"Stopping the stack of SOURCE={other.source}") as note:
                note("its state is kept; one stack runs at a time")
                down(other)


def start_postgres(state: State) -> None:
    """Create and start the cluster.

    Raises:
        StackError: Postgres did not start.
    """
    postgres = cluster(state)
    try:
        postgres.create()
        postgres.start()  # Postgres records its own process, in postmaster.pid
    except PostgresError as error:
        raise StackError(
            f"Postgres did not start on port {postgres.port}: {postgres_cause(str(error))} "
            f"(log: {postgres.folder / 'postgres.log'})"
        ) from error


def postgres_cause(output: str) -> str:
    """Return the line of Postgres' output that states the cause."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    causes = [line for line in lines if "FATAL" in line or "error" in line.lower()]
    return (causes or lines or ["no reason given"])[-1]


def mlflow_command(state: State) -> list[str]:
    """Return the command of the MLflow server."""
    port = state.ports()["mlflow"]
    return [
        processes.tool("mlflow"),
        "server",
        *("--artifacts-destination", str(state.folder / "mlflow-artifacts")),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--allowed-hosts", f"127.0.0.1:{port},localhost:{port}"),
    ]


def take_ports(state: State) -> None:
    """Choose the ports of a stack that does not run yet, and print each that had to move.

    Raises:
        StackError: a port that a variable sets is taken.
    """
    if runs(state):
        return
    stated, wanted = ports_of_environment(), state.wanted_ports()
    for name, port in state.choose_ports().items():
        if name not in stated and port != wanted.get(name, port):
            holder = listener(wanted[name]) or "another process"
            console.print(
                f"Port {wanted[name]} of {name} is taken by {holder}: {name} has port {port} now."
            )
        require_free(name, port, state.source)


def _migrate(state: State) -> str:
    postgres = cluster(state)
    passwords = {role: state.secrets[role] for role in LOGIN_ROLES}
    owners = {"warehouse": "owner", "airflow": "airflow", "mlflow": "mlflow"}
    try:
        warehouse.create_roles(postgres.conninfo(), passwords)
        for database, owner in owners.items():
            warehouse.create_database(postgres.conninfo(), database, owner)
        applied = warehouse.migrate(postgres.conninfo("warehouse"))
    except psycopg.Error as error:
        raise StackError(
            f"the warehouse could not be set up: {str(error).splitlines()[0]}; where Postgres has "
            f"just ended, `make up` again (log: {log_file(state, POSTGRES)})"
        ) from error
    return f"{len(applied)} migrations applied" if applied else "up to date"


def _airflow_migrate(state: State, variables: dict[str, str]) -> str:
    installed = {"airflow": version("apache-airflow-core")}
    if state.read("migrated.json", {}) == installed:
        return "up to date"
    run(state, "airflow-migrate", [processes.tool("airflow"), "db", "migrate"], variables)
    state.write("migrated.json", installed)
    return f"migrated to {installed['airflow']}"


def run(state: State, name: str, command: Sequence[str], variables: Mapping[str, str]) -> None:
    """Run one command to its end; it writes to its own log.

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


def _await_settled(
    state: State, began: datetime, earlier: Mapping[str, int], note: Callable[[str], None]
) -> None:
    """Wait until all parts of the stack have settled.

    The supervisor restarts a process that ends meanwhile. This function ends an older process that
    gives no sign of life, so that the supervisor restarts it.

    Args:
        state: of the stack.
        began: when this start began, UTC.
        earlier: the ids of the processes that ran before this start.
        note: shows the parts that have not settled.

    Raises:
        StackError: a part ends again and again, or does not settle in time.
    """
    settling = Settling(began)
    restarts = {name: ends.restarts for name, ends in programs.ends(state).items()}
    silent = set(PROCESSES) & set(earlier)
    deadline = time.monotonic() + START_SECONDS
    silent_until = time.monotonic() + SILENT_SECONDS
    while left := settling.missing(current := signs(state), datetime.now(UTC)):
        note(f"waiting for {', '.join(left)}")
        _give_up_on_hopeless(state, left, restarts)
        silent = {name for name in silent & set(left) if current[name].pid == earlier[name]}
        if time.monotonic() > silent_until and silent:
            processes.end(earlier[name] for name in silent)
        if time.monotonic() > deadline:
            show_tail(log_file(state, left[0]))
            raise StackError(
                f"{', '.join(left)} not healthy after {START_SECONDS} s: see {state.logs}"
            )
        time.sleep(0.5)
    note("api-server, scheduler, dag-processor, triggerer")


def _give_up_on_hopeless(state: State, left: Iterable[str], restarts: Mapping[str, int]) -> None:
    if not programs.runs(state, programs.SUPERVISOR):
        show_tail(log_file(state, programs.SUPERVISOR))
        raise StackError("the supervisor has ended while starting: `make up` again")
    facts = programs.ends(state)
    for name in left:
        known = facts.get(name, programs.Ends())
        program = programs.programs(state).get(name)
        is_over = known.is_over and program is not None and known.asked_at == program.asked_at
        if is_over or known.restarts - restarts.get(name, 0) > RESTARTS_WHILE_STARTING:
            show_tail(log_file(state, name))
            raise StackError(
                f"{name} ended while starting, and again after a restart: its last lines are "
                f"above, its whole log is {log_file(state, name)}"
            )


def _await_dags(state: State, began: datetime, note: Callable[[str], None]) -> None:
    """Wait until Airflow has parsed every DAG of this checkout.

    Raises:
        StackError: Airflow cannot parse a DAG, or has not parsed it in time; with the cause.
    """
    airflow = Airflow(state)
    folder = Path(environment(state)["AIRFLOW__CORE__DAGS_FOLDER"])
    files = {path.name for path in folder.glob("*.py")}
    deadline = time.monotonic() + DAG_PATIENCE_SECONDS
    while left := airflow.unparsed(files, began):
        note(f"waiting for {', '.join(left)}")
        if time.monotonic() > deadline:
            raise StackError(
                f"Airflow has not parsed {', '.join(left)} after {DAG_PATIENCE_SECONDS} s: see "
                f"{log_file(state, 'dag-processor')}"
            )
        time.sleep(1)
    note(f"{len(files)} files without an error")


def show_tail(log: Path, lines: int = LOG_TAIL_LINES) -> None:
    """Print the last lines of a log."""
    if log.exists():
        for line in log.read_text(errors="replace").splitlines()[-lines:]:
            console.print(f"  {line}", style="dim", markup=False)
