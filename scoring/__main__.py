"""`python -m scoring …`: every step of the decision side without Airflow.

The commands call the same functions as the tasks. Tables for people, `--json` for scripts, and an
exit status that says whether what was asked holds.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

from features.platform import code_version, database, libraries, logs
from features.platform.errors import ScoringError
from features.platform.settings import get_settings
from features.platform.storage import object_store
from scoring.commands import (
    explain,
    fairness,
    quality,
    replay,
    thresholds,
    train,
    windows,
)
from scoring.decision.policy import activations
from scoring.domains import JOBS
from scoring.evidence import closure
from scoring.runs import lifecycle
from scoring.steps import publish, score

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status: 0 holds, 1 does not, 2 could not be asked."""
    logs.install()
    parsed = _parser().parse_args(arguments)
    command: Command = parsed.command
    try:
        return command(parsed)
    except ScoringError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    except psycopg.OperationalError as error:
        where = get_settings().warehouse
        print(
            f"the warehouse at {where.host}:{where.port} does not answer ({type(error).__name__}); "
            "start it with `make up`",
            file=sys.stderr,
        )
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scoring", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    closing = commands.add_parser("closure", help="prove that nothing is lost and nothing twice")
    closing.add_argument("--job", choices=sorted(JOBS), help="all of them if left out")
    closing.add_argument(
        "--window", nargs=2, type=_moment, metavar=("START", "END"), help="only this window"
    )
    closing.add_argument(
        "--no-files", action="store_true", help="leave the published files' bytes unread"
    )
    closing.add_argument(
        "--fast",
        action="store_true",
        help="count everything, and compare the rows and files of the newest two days only",
    )
    closing.add_argument("--json", action="store_true", help="print JSON")
    closing.set_defaults(command=_closure)

    policies = commands.add_parser("policy", help="put a policy version in force")
    policies.add_argument("action", choices=["activate"])
    policies.add_argument("version", help="the policy file's name without .yaml")
    policies.add_argument("--author", required=True)
    policies.add_argument("--approver", required=True, help="somebody other than the author")
    policies.add_argument("--reason", required=True)
    policies.add_argument("--effective-from", type=_moment, help="at once if left out")
    policies.set_defaults(command=_activate)

    scoring = commands.add_parser("score", help="score a claimed run")
    scoring.add_argument("run_id", type=UUID)
    scoring.set_defaults(command=_score)

    publishing = commands.add_parser("publish", help="publish a validated run, or its manifest")
    publishing.add_argument("run_id", type=UUID)
    publishing.set_defaults(command=_publish)

    failing = commands.add_parser("fail", help="mark an open run failed, so that others can go on")
    failing.add_argument("run_id", type=UUID)
    failing.add_argument("--reason", required=True)
    failing.set_defaults(command=_fail)

    versions = commands.add_parser("version", help="print the code and the lock that runs pin here")
    versions.set_defaults(command=_version)

    train.add_parser(commands)
    quality.add_parser(commands)
    fairness.add_parser(commands)
    replay.add_parser(commands)
    explain.add_parser(commands)
    thresholds.add_parser(commands, _moment)
    windows.add_parser(commands, _moment)
    return parser


def _closure(parsed: argparse.Namespace) -> int:
    store = None if parsed.no_files else object_store(get_settings())
    window = parsed.window and (*parsed.window,)
    jobs = [JOBS[parsed.job]] if parsed.job else list(JOBS.values())
    with _connect() as connection:
        found = closure.equations(connection, jobs, window, store, is_fast=parsed.fast)
    if parsed.json:
        rows = [asdict(equation) | {"holds": equation.holds} for equation in found]
        print(json.dumps(rows, indent=2))
    else:
        for equation in found:
            print(f"{'holds' if equation.holds else 'DOES NOT HOLD'}  {equation}")
        for note in (note for equation in found for note in equation.notes):
            print(f"not checked  {note}")
    return 0 if all(equation.holds for equation in found) else 1


def _activate(parsed: argparse.Namespace) -> int:
    with _connect() as connection:
        policy = activations.activate(
            connection,
            parsed.version,
            author=parsed.author,
            approver=parsed.approver,
            reason=parsed.reason,
            effective_from=parsed.effective_from,
        )
    print(f"policy {policy.version} (sha256 {policy.sha256[:12]}) approved by {parsed.approver}")
    return 0


def _score(parsed: argparse.Namespace) -> int:
    settings = get_settings()
    print(json.dumps(score.run(parsed.run_id, settings, object_store(settings)), indent=2))
    return 0


def _publish(parsed: argparse.Namespace) -> int:
    settings = get_settings()
    conninfo = settings.warehouse.conninfo("score")
    receipt = publish.publish(parsed.run_id, conninfo, object_store(settings))
    print(json.dumps(receipt, indent=2))
    return 0


def _fail(parsed: argparse.Namespace) -> int:
    with _connect() as connection:
        was_open = lifecycle.fail(connection, parsed.run_id, parsed.reason)
    print(f"run {parsed.run_id} {'is now failed' if was_open else 'was not open; nothing changed'}")
    return 0 if was_open else 1


def _version(_: argparse.Namespace) -> int:
    settings = get_settings()
    print(f"code {code_version.pinned(settings.code_version)}")
    print(f"lock {libraries.lock_digest(settings.lock_file)}")
    return 0


def _connect() -> psycopg.Connection[Any]:
    return database.connect(get_settings().warehouse, "score")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.year < 1900:
        raise argparse.ArgumentTypeError(f"{text!r} is too early; write a year from 1900 on")
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no zone; write 2026-11-21T10:00:00Z")
    return moment.astimezone(UTC)


if __name__ == "__main__":
    sys.exit(main())
