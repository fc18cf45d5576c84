"""The command line of the local stack: `python -m infra.local up|demo|status|down|reset|sql`."""

from __future__ import annotations

import argparse
import shutil
import sys

import psycopg

from infra.local import stack
from infra.local.console import console, errors, step, table
from infra.local.environment import airflow_url, mlflow_url
from infra.local.state import DEFAULT_SOURCE, StackError, State, all_states, disk_message
from infra.local.status import status

SOURCES = ("synthetic", "fraud_handbook")


def main() -> int:
    """Run one command; a foreseeable failure is one line and exit status 1."""
    arguments = parser().parse_args()
    try:
        return COMMANDS[arguments.command](arguments)
    except StackError as error:
        errors.print(f"[red]{arguments.command}:[/] {error}")
    except OSError as error:
        errors.print(f"[red]{arguments.command}:[/] {disk_message(error, State('').root)}")
    except KeyboardInterrupt:
        errors.print(f"[red]{arguments.command}:[/] interrupted; `make down` ends what runs")
    return 1


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    for name, run in COMMANDS.items():
        command = commands.add_parser(name, help=(run.__doc__ or "").splitlines()[0])
        command.add_argument("--source", choices=SOURCES, help="default: the one that runs")
        if name == "demo":
            command.add_argument("--data", help="the benchmark's file, for fraud_handbook")
        if name == "sql":
            command.add_argument("query")
    return top


def up(arguments: argparse.Namespace) -> int:
    """Start everything and wait until it is healthy."""
    state = State(arguments.source or DEFAULT_SOURCE)
    stack.up(state)
    show_addresses(state)
    return 0


def show_status(arguments: argparse.Namespace) -> int:
    """Tell what runs; exit status 1 where something is not healthy."""
    state = _chosen(arguments)
    if state is None:
        console.print("Nothing has been started here yet: `make demo`")
        return 0
    if not stack.runs(state):
        console.print(f"Nothing runs. The state of SOURCE={state.source} is in {state.folder}.")
        return 0
    return 0 if status(state) else 1


def down(arguments: argparse.Namespace) -> int:
    """End exactly what was started, also after a crash."""
    states = [State(arguments.source)] if arguments.source else all_states()
    running = [state for state in states if state.folder.exists() and stack.runs(state)]
    for state in running:
        with step(f"Stopping the stack of SOURCE={state.source}") as note:
            note(f"{stack.down(state)} processes ended")
    if not running:
        console.print("Nothing runs.")
    return 0


def reset(arguments: argparse.Namespace) -> int:
    """End everything and remove the local state."""
    down(arguments)
    states = [State(arguments.source)] if arguments.source else all_states()
    for state in states:
        if state.folder.exists():
            shutil.rmtree(state.folder)
            console.print(f"Removed {state.folder}: warehouse, objects, models, logs, passwords.")
    return 0


def sql(arguments: argparse.Namespace) -> int:
    """Run one query as the role analyst and print its rows."""
    state = _chosen(arguments)
    if state is None or stack.cluster(state).pid() is None:
        raise StackError("the warehouse does not run: `make up`")
    try:
        with psycopg.connect(analyst_conninfo(state)) as connection:
            cursor = connection.execute(arguments.query.encode())
            rows = cursor.fetchmany(1000)
            names = [column.name for column in cursor.description or ()]
    except psycopg.Error as error:
        raise StackError(str(error).strip().replace("\n", " ")) from error
    table("", names, rows)
    return 0


def analyst_conninfo(state: State) -> str:
    """Return the connection string that an analyst uses."""
    return (
        f"host=127.0.0.1 port={state.ports()['postgres']} dbname=warehouse user=analyst "
        f"password={state.secrets['analyst']}"
    )


def show_addresses(state: State) -> None:
    """Print where everything answers, and the logins."""
    rows: list[tuple[object, ...]] = [
        ("Airflow", airflow_url(state), f"admin / {state.secrets['airflow_admin']}"),
        ("", "read only", f"analyst / {state.secrets['airflow_analyst']}"),
        ("MLflow", mlflow_url(state), "no login, this machine only"),
        (
            "Postgres",
            f"127.0.0.1:{state.ports()['postgres']}/warehouse",
            f"analyst / {state.secrets['analyst']}",
        ),
    ]
    table("Where everything is", ["what", "where", "login"], rows)


def _chosen(arguments: argparse.Namespace) -> State | None:
    if arguments.source:
        return State(arguments.source)
    states = all_states()
    return next((state for state in states if stack.runs(state)), states[0] if states else None)


COMMANDS = {"up": up, "status": show_status, "down": down, "reset": reset, "sql": sql}

if __name__ == "__main__":
    sys.exit(main())
