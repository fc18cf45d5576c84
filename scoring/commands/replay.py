"""`python -m scoring replay`: decisions decided again, features rebuilt, the result recorded.

The command and the nightly DAG call the same function. Exit status 0: everything came out the same,
bit for bit; 1: something did not.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql

from features.platform import readers
from features.platform.errors import ConfigurationError
from features.platform.libraries import lock_digest
from features.platform.objects import ObjectStore
from features.platform.settings import Settings, get_settings
from features.platform.storage import object_store
from features.rebuild import Rebuild, keys_of, rebuild
from features.sources.source_set import source_set
from scoring import domains
from scoring.evidence.divergence import Divergence
from scoring.evidence.replay import Replay, Selection, replay
from scoring.runs.job import JOBS, Job, job_of


@dataclass(frozen=True, slots=True)
class Verification:
    """A replay, and the rebuild of its features where that was asked for."""

    replay: Replay
    rebuild: Rebuild | None

    @property
    def holds(self) -> bool:
        """Whether all of it came out the same."""
        return self.replay.holds and (self.rebuild is None or self.rebuild.holds)

    def as_dict(self) -> dict[str, object]:
        """Return counts and the first differences, for logs and scripts."""
        rebuilt = self.rebuild
        return {
            "holds": self.holds,
            "decisions": self.replay.decisions,
            "runs": self.replay.runs,
            "degraded": self.replay.degraded,
            "differing": self.replay.differing,
            "differences": [
                {
                    "decision_id": one.decision_id,
                    "run_id": one.run_id,
                    "class": one.divergence.value,
                    "fields": list(one.fields),
                    "detail": one.detail,
                }
                for one in self.replay.differences
            ],
            "features_rebuilt": rebuilt.rows if rebuilt else None,
            "features_differing": rebuilt.differing if rebuilt else None,
            "features_changed": [
                {
                    "subject_id": row.subject_id,
                    "version": row.version,
                    "class": Divergence.FEATURE_CODE.value,
                    "fields": list(row.fields),
                }
                for row in (rebuilt.changed if rebuilt else ())
            ],
        }


def verify(
    job: Job,
    selection: Selection,
    settings: Settings,
    store: ObjectStore,
    *,
    with_features: bool = True,
    told: Any = None,  # noqa: ANN401 - see scoring.evidence.replay.replay
) -> Verification:
    """Replay decisions, rebuild their features, and leave the result in `audit.events`.

    Raises:
        ConfigurationError: a named id has no decision.
        ContractError: the features could not be rebuilt.
    """
    with psycopg.connect(settings.warehouse.conninfo("score"), autocommit=True) as connection:
        found = replay(
            connection,
            job,
            lambda run: domains.of(job).for_replay(run, settings, store),
            selection,
            lock_digest(settings.lock_file),
            told,
        )
        keys = readers.read(
            connection,
            sql.SQL("select distinct {}, version from replayed").format(job.subject_id),
            keys_of(job.view),
        )
        rebuilt = _rebuild(keys, job, settings) if with_features and keys.num_rows else None
        done = Verification(found, rebuilt)
        connection.execute(
            "insert into audit.events (event, subject, actor, detail) "
            "values ('decisions_replayed', %s, current_user, %s)",
            (job.name, json.dumps(done.as_dict())),
        )
    return done


def _rebuild(keys: pa.Table, job: Job, settings: Settings) -> Rebuild:
    variables = source_set(settings).dbt_variables(settings.warehouse.base_currency)
    return rebuild(keys, settings.warehouse, settings.work, variables, job.view)


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
        help="default: that of the decisions named, else score_transactions",
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
    done = verify(
        job_of(parsed.job, parsed.ids),
        selection,
        settings,
        object_store(settings),
        with_features=not parsed.no_features,
        told=_progress if sys.stderr.isatty() else None,
    )
    sys.stdout.write(
        json.dumps(done.as_dict(), indent=2) + "\n" if parsed.json else text_of(done) + "\n"
    )
    return 0 if done.holds else 1


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
