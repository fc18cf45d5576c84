"""Run one command of the local stack: `python -m infra.local COMMAND`."""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import time
from pathlib import Path

import psycopg
import structlog

from infra.local import choice, logins, processes, run_dag, sample, schedule, stack
from infra.local.console import console, errors, step, table
from infra.local.demo import WINDOWS, demo, install, start_feed
from infra.local.environment import environment
from infra.local.health import cluster
from infra.local.report import show_addresses
from infra.local.state import CHECKOUT, StackError, State, disk_message
from infra.local.status import status
from infra.local.warehouse_facts import as_analyst


def main() -> int:
    """Run one command; an expected failure prints one line and gives exit status 1."""
    arguments = parser().parse_args()
    # the terminal shows steps; it hides the packages' log lines
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        return COMMANDS[arguments.command](arguments)
    except StackError as error:
        errors.print(f"[red]{arguments.command}:[/] {error}")
    except OSError as error:
        errors.print(f"[red]{arguments.command}:[/] {disk_message(error, State('').root)}")
    except KeyboardInterrupt:
        errors.print(f"[red]{arguments.command}:[/] interrupted; `make down` ends the processes")
    return 1


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    for name, run in COMMANDS.items():
        command = commands.add_parser(name, help=(run.__doc__ or "").splitlines()[0])
        command.add_argument("--source", help="name of a source; default: the running one")
        if name == "demo":
            command.add_argument("--data", type=Path, help="the files of SOURCE: one, or a folder")
            command.add_argument(
                "--windows",
                type=int,
                default=WINDOWS,
                help="number of windows that each job decides (default: %(default)s)",
            )
        if name == "schedule":
            command.add_argument("--off", action="store_true", help="turn the schedules off")
        if name == "sql":
            command.add_argument("query")
        if name == "merchant":
            command.add_argument("login", help="merchant_ and up to 40 letters, digits or _")
            command.add_argument("merchant_id", nargs="?", help="whose rows the login sees")
            command.add_argument("--remove", action="store_true", help="remove the login")
        if name == "run":
            command.add_argument("dag", help="the DAG's id, such as train_models")
            command.add_argument("--start", help="start of the window; default: the last window")
            command.add_argument("--end", help="end of the window, exclusive")
            command.add_argument("--as-of", help="train on data known at this time; default: now")
    return top


def up(arguments: argparse.Namespace) -> int:
    """Start the whole stack and wait until it is healthy."""
    state, described = choice.to_start(arguments.source)
    state.prepare()
    with state.locked():
        choice.remember(state, described)
        stack.up(state)
        install(state, environment(state))
        if state.read("demo.json", {}).get("is_trained"):
            start_feed(state)
    show_addresses(state)
    schedule.show_next_step(state)
    return 0


def run_demo(arguments: argparse.Namespace) -> int:
    """Start the stack, train models, decide transactions and loan applications."""
    state, described = choice.to_start(arguments.source)
    files = sample.matched(state, arguments.data, described)
    state.prepare()
    started = time.monotonic()
    with state.locked():
        choice.remember(state, described)
        demo(state, files, described, arguments.windows)
    console.print(f"\nDone in {time.monotonic() - started:.0f} s.")
    return 0


def show_status(arguments: argparse.Namespace) -> int:
    """Show the stack's processes; exit status 1 if a process is not healthy."""
    state = choice.current(arguments.source)
    if state is None:
        console.print(f"No stack has been started here yet: `{_make('demo', arguments)}`")
        return 0
    if not stack.runs(state):
        console.print(f"Nothing runs. The state of SOURCE={state.source} is in {state.folder}.")
        return 0
    return 0 if status(state) else 1


def down(arguments: argparse.Namespace) -> int:
    """End exactly the processes that the stack started, also after a crash."""
    running = [state for state in choice.existing(arguments.source) if stack.runs(state)]
    for state in running:
        with step(f"Stopping the stack of SOURCE={state.source}") as note:
            note(f"{stack.down(state)} processes ended")
    if not running:
        console.print("Nothing runs.")
    return 0


def reset(arguments: argparse.Namespace) -> int:
    """End all processes and remove the local state."""
    down(arguments)
    for state in choice.existing(arguments.source):
        shutil.rmtree(state.folder)
        console.print(f"Removed {state.folder}: warehouse, objects, models, logs, passwords.")
    return 0


def sql(arguments: argparse.Namespace) -> int:
    """Run one query as the role analyst and print its rows."""
    state = _with_warehouse(arguments)
    if not arguments.query.strip():
        raise StackError('name a query: make sql QUERY="select * from serving.decision_runs"')
    try:
        names, rows = as_analyst(state, arguments.query)
    except psycopg.Error as error:
        raise StackError(str(error).strip().replace("\n", " ")) from error
    table("", names, rows)
    return 0


def merchant(arguments: argparse.Namespace) -> int:
    """Create the login of a merchant with a new password, or remove it."""
    return logins.change(
        _with_warehouse(arguments),
        arguments.login,
        arguments.merchant_id,
        is_removed=arguments.remove,
    )


def run(arguments: argparse.Namespace) -> int:
    """Run one DAG and follow it to its end."""
    order = run_dag.order_of(arguments.dag, arguments.start, arguments.end, arguments.as_of)
    run_dag.run(_with_warehouse(arguments), order)
    return 0


def turn_schedule(arguments: argparse.Namespace) -> int:
    """Turn the schedules of a source on, or off with --off."""
    schedule.turn(_with_warehouse(arguments), is_on=not arguments.off)
    return 0


def docs(arguments: argparse.Namespace) -> int:
    """Build the dbt docs of the running warehouse."""
    state = _with_warehouse(arguments)
    target = state.folder / "dbt-docs"
    with step("dbt docs") as note:
        command = [
            *(processes.tool("dbt"), "docs", "generate", "--static"),
            *("--project-dir", str(CHECKOUT / "dbt"), "--profiles-dir", str(CHECKOUT / "dbt")),
            *("--target-path", str(target), "--log-path", str(state.logs)),
        ]
        stack.run(state, "dbt-docs", command, environment(state))
        note(f"open {target / 'static_index.html'}")
    return 0


def _with_warehouse(arguments: argparse.Namespace) -> State:
    state = choice.current(arguments.source)
    if state is None or cluster(state).pid() is None:
        raise StackError(f"the warehouse does not run: `{_make('up', arguments)}`")
    return state


def _make(target: str, arguments: argparse.Namespace) -> str:
    return f"make {target}" + (f" SOURCE={arguments.source}" if arguments.source else "")


COMMANDS = {
    "up": up,
    "demo": run_demo,
    "status": show_status,
    "down": down,
    "reset": reset,
    "sql": sql,
    "merchant": merchant,
    "docs": docs,
    "run": run,
    "schedule": turn_schedule,
}

if __name__ == "__main__":
    sys.exit(main())
