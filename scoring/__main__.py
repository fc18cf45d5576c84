"""Run the command line `vesper`: the steps, the proofs and the answers without Airflow.

`python -m scoring` is the same program where the project is not installed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import psycopg
import typer
import typer.main

from expectations.errors import GateFailedError
from features.platform import database
from features.platform.errors import ScoringError
from features.platform.settings import get_settings
from scoring.commands import app, working
from scoring.commands.answers import Status


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; `vesper --help` states the meanings."""
    with working.installed():
        try:
            return _run(arguments)
        except GateFailedError as error:
            return _refuse(error, str(error), Status.DOES_NOT_HOLD)
        except ScoringError as error:
            return _refuse(error, str(error))
        except psycopg.Error as error:
            where = get_settings().warehouse
            # the driver's message quotes rows
            place = f"the warehouse at {where.host}:{where.port}"
            return _refuse(
                error, f"{place}: {database.described(error)}; start it with `make up`, or retry"
            )


def _run(arguments: Sequence[str] | None) -> int:
    command = typer.main.get_command(app.application())
    try:
        return int(command.main(arguments, prog_name=app.NAME, standalone_mode=False) or 0)
    except typer.TyperException as error:  # a usage error; its message names the option
        text = error.format_message()  # without a command, this is the help
        is_help = text.startswith("Usage:")
        sys.stderr.write(text + "\n" if is_help else f"{text} See `{app.NAME} --help`\n")
        return Status.REFUSED
    except typer.Abort:
        return Status.REFUSED


def _refuse(error: Exception, message: str, status: Status = Status.REFUSED) -> int:
    sys.stderr.write(f"{type(error).__name__}: {message}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
