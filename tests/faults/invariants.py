"""Check the invariants on the warehouse and on the published files after every fault."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pyarrow.parquet as pq
from psycopg import sql

from features.feeds import FEEDS
from features.platform.settings import Role
from scoring.domains import SCORE_TRANSACTIONS
from scoring.evidence import closure
from scoring.runs.job import Job, quoted
from tests.faults import deliveries
from tests.faults.deliveries import CARD, MARKER
from tests.faults.flow import Ending
from tests.faults.world import World

_DECIDED = sql.SQL(
    "select {id}, count(*) filter (where revision = 0), count(*) from {ledger} group by {id}"
)
_DOUBLED_VERSIONS = sql.SQL(
    """
    select count(*) from (
        select from {table} group by {id}, content_digest, delivery_seq having count(*) > 1
    ) as twins
    """
)
_SUBJECTS_WITHOUT_KEY = sql.SQL(
    """
    select
        (select count(*) from {subjects}) - (select count(*) from {versions}),
        (select count(*) from {subjects}) - (
            select count(*) from (select distinct {id}, version from {subjects}) as keys
        )
    """
)
_DIGEST = sql.SQL(
    """
    select md5(string_agg(row({columns})::text, ',' order by {id}, revision)) from {ledger}
    """
)
#: The columns of a ledger that differ between two runs with the same decisions.
_OF_THE_RUN = {"run_id", "decided_at", "processing_time_ms"}
_LEFT = """
select n.nspname || '.' || c.relname from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('scored', 'landed') and c.relkind in ('r', 'v')
order by 1
"""


class Place(Protocol):
    """A warehouse and its object store, such as the world of a case."""

    @property
    def objects(self) -> Path:
        """Return the folder of the object store."""

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a query as superuser."""

    def conninfo(self, role: Role) -> str:
        """Return the connection string of a login role."""


@dataclass
class Verdict:
    """Hold the results of a check: rows lost, rows doubled, and all other problems."""

    lost: int = 0
    doubled: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, other: Verdict) -> Verdict:
        """Add the results of another check."""
        self.lost = max(self.lost, other.lost)
        self.doubled = max(self.doubled, other.doubled)
        self.problems += [problem for problem in other.problems if problem not in self.problems]
        return self


@dataclass(frozen=True)
class Expected:
    """Hold the expected rows of a job's ledger."""

    decided: frozenset[str]
    rejected: int
    revisions: dict[str, int] = field(default_factory=dict)  # ids with more than one
    job: Job = SCORE_TRANSACTIONS


def expected(windows: Iterable[deliveries.Delivery]) -> Expected:
    """Return the expected result of the deliveries of decided windows."""
    files = list(windows)
    return Expected(
        frozenset().union(*(file.accepted for file in files)), sum(file.rejected for file in files)
    )


def usual() -> Expected:
    """Return the expected result after the second window."""
    return expected([deliveries.first_window(), deliveries.second_window()])


def look(world: Place, expected: Expected, *, digest: str | None = None) -> Verdict:
    """Check everything in one warehouse.

    Args:
        world: a world without running processes.
        expected: the rows that must be decided.
        digest: of the decisions, if the fault may not have changed them.
    """
    verdict = Verdict()
    _check_ledger(world, expected, verdict)
    _check_raw(world, expected, verdict)
    _check_closure(world, expected.job, verdict)
    _check_files(world, expected.job, verdict)
    remaining = [name for (name,) in world.rows(_LEFT)]
    if remaining:
        verdict.problems.append(f"left behind: {', '.join(remaining[:3])}")
    open_runs = world.rows(
        "select run_id, state from decisions.runs where state not in ('published', 'failed')"
    )
    if open_runs:
        verdict.problems.append(f"open runs: {open_runs}")
    if digest is not None and digest_of(world, expected.job) != digest:
        verdict.problems.append("decisions differ from those of a run without a fault")
    return verdict


def digest_of(world: Place, job: Job = SCORE_TRANSACTIONS) -> str:
    """Return a digest of every decision of a job, without times and run ids."""
    columns = [sql.Identifier(name) for name in job.columns if name not in _OF_THE_RUN]
    return str(_rows(world, _DIGEST, job, columns=sql.SQL(", ").join(columns))[0][0])


def _rows(world: Place, query: sql.SQL, job: Job, **names: sql.Composable) -> list[Any]:
    return world.rows(query.format(**job.names | names).as_string())


def _check_ledger(world: Place, expected: Expected, verdict: Verdict) -> None:
    decided = {
        name: (firsts, total) for name, firsts, total in _rows(world, _DECIDED, expected.job)
    }
    missing = expected.decided - decided.keys()
    strange = decided.keys() - expected.decided
    twice = [
        name
        for name, (firsts, total) in decided.items()
        if firsts != 1 or total != expected.revisions.get(name, 1)
    ]
    verdict.lost += len(missing)
    verdict.doubled += len(twice)
    if strange:
        verdict.problems.append(f"{len(strange)} decisions without a request")


def _check_raw(world: Place, expected: Expected, verdict: Verdict) -> None:
    feed = FEEDS[expected.job.population.feed]
    of_feed: dict[str, sql.Composable] = {"id": sql.Identifier(feed.subject.target)}
    if feed.versions is not None:
        of_feed["table"] = quoted(feed.versions.table)
        verdict.doubled += _rows(world, _DOUBLED_VERSIONS, expected.job, **of_feed)[0][0]
    [(without_key, same_key)] = _rows(world, _SUBJECTS_WITHOUT_KEY, expected.job)
    verdict.doubled += same_key
    verdict.lost += abs(without_key)
    # bytes that return after others are admitted again, and their bad rows are rejected again
    rejected = world.rows(
        "select count(distinct (deliveries.content_sha256, rejected_rows.row_number)) "
        "from raw.rejected_rows inner join raw.deliveries using (delivery_id) "
        "where deliveries.state = 'admitted'"
    )[0][0]
    verdict.lost += max(expected.rejected - rejected, 0)
    verdict.doubled += max(rejected - expected.rejected, 0)


def _check_closure(world: Place, job: Job, verdict: Verdict) -> None:
    with psycopg.connect(world.conninfo("score"), autocommit=True) as connection:
        equations = closure.equations(connection, job)
    verdict.problems += [str(equation) for equation in equations if not equation.holds]


def _check_files(world: Place, job: Job, verdict: Verdict) -> None:
    """Compare the published files with the ledger: the same rows, each once, of published runs."""
    published = {
        str(run_id)
        for (run_id,) in world.rows(
            "select run_id from decisions.runs where state = 'published' and job = %s", job.name
        )
    }
    root = world.objects / "published" / job.published
    manifests = {
        path.parent.name.removeprefix("run="): path for path in root.glob("*/manifest.json")
    }
    if manifests.keys() != published:
        verdict.problems.append(f"{len(manifests)} manifests for {len(published)} published runs")
    in_files: list[tuple[str, int]] = []
    for path in manifests.values():
        table = pq.read_table(
            path.parent / json.loads(path.read_text())["file"],
            columns=[job.id_column, "revision"],
            partitioning=None,
        )
        in_files += zip(
            table[job.id_column].to_pylist(), table["revision"].to_pylist(), strict=True
        )
    ledger = set(_rows(world, sql.SQL("select {id}, revision from {ledger}"), job))
    verdict.doubled += len(in_files) - len(set(in_files))
    if set(in_files) != ledger:
        verdict.problems.append(
            f"files hold {len(set(in_files))} decisions, the ledger {len(ledger)}"
        )


# ---------------------------------------------------------------- messages and visible files


def message_problems(result: Ending, world: World) -> list[str]:
    """Return the problems of the message that a failed step shows to a person."""
    if result.ok or result.error in {"Killed", "Exit"}:
        return []
    if not result.message.strip():
        return [f"{result.error} at {result.step} has an empty message"]
    problems = []
    if "Traceback" in result.message:
        problems.append(f"{result.error} at {result.step} shows a traceback")
    if len(result.message) > 1500:
        problems.append(f"{result.error} at {result.step} has {len(result.message)} characters")
    secrets = _secrets(result.message, world)
    problems += [f"the message of {result.error} contains {secret}" for secret in secrets]
    return problems


def leaks(world: World) -> list[str]:
    """Return every place with a forbidden secret, card number or row value."""
    places: list[str] = []
    for path in world.logs:
        places += [f"{path.name} contains {secret}" for secret in _secrets(_text(path), world)]
    for path in world.objects.rglob("*"):
        if path.is_file() and path.relative_to(world.objects).parts[0] != "landing":
            content = _text(path)
            places += [f"{path.name} holds {secret}" for secret in _secrets(content, world)]
    stored = world.rows(
        "select count(*) from raw.rejected_rows where original like %s or detail like %s",
        f"%{CARD}%",
        f"%{CARD}%",
    )[0][0]
    if stored:
        places.append(f"{stored} rejected rows hold a card number")
    return places


def server_log_leaks(log: Path, start: int, passwords: Iterable[str]) -> list[str]:
    """Return the leaks in the server's own log as of a position."""
    with log.open("rb") as handle:
        handle.seek(start)
        text = handle.read().decode(errors="replace")
    canaries = {"a password": list(passwords), "a card number": [CARD], "a row's value": [MARKER]}
    return [
        f"the server's log contains {secret}"
        for secret, values in canaries.items()
        if any(value in text for value in values)
    ]


def _secrets(text: str, world: World) -> list[str]:
    canaries: dict[str, list[str]] = {
        "a password": [*world.house.passwords.values(), world.house.cluster.password],
        "a card number": [CARD],
        "a row's value": [MARKER],
    }
    return [secret for secret, values in canaries.items() if any(value in text for value in values)]


def _text(path: Path) -> str:
    if path.suffix == ".parquet":
        try:
            table = pq.read_table(path, partitioning=None)
        except (OSError, ValueError):
            return ""
        return " ".join(str(column.to_pylist()) for column in table.columns)
    return path.read_bytes().decode(errors="replace")


def summary(problems: Any) -> str:
    """Return problems as one line."""
    return "; ".join(problems)
