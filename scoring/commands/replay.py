"""`python -m scoring replay`: past decisions again, bit for bit, as lines or as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from typing import Any

from features.platform import database
from features.platform.errors import ConfigurationError
from features.platform.settings import get_settings
from features.platform.storage import object_store
from scoring.domains import JOBS, job_named
from scoring.evidence.divergence import Divergence
from scoring.evidence.lookup import job_of
from scoring.evidence.replay import Selection
from scoring.evidence.verification import Verification, verify
from scoring.runs.job import Job


def add_parser(commands: Any) -> None:  # noqa: ANN401 - argparse names no such type
    """Add `replay` to the command line."""
    parser = commands.add_parser(
        "replay", help="decide again what was decided, and compare bit for bit"
    )
    parser.add_argument(
        "ids", nargs="*", metavar="DECISION", help="a decision id, or the id of what was decided"
    )
    parser.add_argument(
        "--job",
        choices=sorted(JOBS),
        help="default: the job of the decisions named, else all jobs",
    )
    parser.add_argument(
        "--window", nargs=2, type=_moment, metavar=("START", "END"), help="what occurred in it"
    )
    parser.add_argument("--sample", type=int, metavar="N", help="N decisions at random")
    parser.add_argument("--seed", type=int, default=0, help="another sample (default 0)")
    parser.add_argument(
        "--no-features", action="store_true", help="do not rebuild the features from raw"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=_command)


def _command(parsed: argparse.Namespace) -> int:
    if not (parsed.ids or parsed.window or parsed.sample):
        raise ConfigurationError(
            "say what to replay: decision ids, --sample N, or --window START END"
        )
    settings = get_settings()
    selection = Selection(
        tuple(parsed.ids), parsed.window and (*parsed.window,), parsed.sample, parsed.seed
    )
    verifications = {
        job.name: verify(
            job,
            selection,
            settings,
            object_store(settings),
            with_features=not parsed.no_features,
            progress=_progress if sys.stderr.isatty() else None,
        )
        for job in _jobs(parsed)
    }
    if parsed.json:
        results = [done.as_dict() | {"job": job} for job, done in verifications.items()]
        sys.stdout.write(json.dumps(results, indent=2) + "\n")
    else:
        for job, done in verifications.items():
            sys.stdout.write(f"{job}\n{text_of(done)}\n")
    return 0 if all(done.holds for done in verifications.values()) else 1


def _jobs(parsed: argparse.Namespace) -> list[Job]:
    if parsed.job:
        return [job_named(parsed.job)]
    if not parsed.ids:
        return list(JOBS.values())
    with database.connect(get_settings().warehouse, "score") as connection:
        return [job_of(connection, parsed.ids)]


def text_of(done: Verification) -> str:
    """Return the result as lines for a person."""
    found, rebuilt = done.replay, done.rebuild
    lines = [
        f"{'holds' if found.holds else 'DOES NOT HOLD'}  {found.decisions} decisions of "
        f"{found.runs} runs decided again: {found.decisions - found.differing} equal bit for bit, "
        f"{found.differing} not"
        + (f" ({found.degraded} degraded, whose failure stands)" if found.degraded else ""),
        *(f"  {one}" for one in found.differences),
    ]
    if rebuilt is None:
        return "\n".join([*lines, "not asked  features rebuilt from raw"])
    lines.append(
        f"{'holds' if rebuilt.holds else 'DOES NOT HOLD'}  {rebuilt.rows} feature rows rebuilt "
        f"from raw: {rebuilt.rows - rebuilt.differing} equal bit for bit, {rebuilt.differing} not"
    )
    lines += [
        f"  {row.subject_id} version {row.version}: {Divergence.FEATURE_CODE} "
        f"({', '.join(row.fields)})"
        for row in rebuilt.changed
    ]
    return "\n".join(lines)


def _progress(done: int, of: int) -> None:
    sys.stderr.write(f"\rreplayed {done} of {of}" + ("\n" if done == of else ""))
    sys.stderr.flush()


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no zone; write 2026-11-21T10:00:00Z")
    return moment.astimezone(UTC)
